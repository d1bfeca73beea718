"""The command line: thin commands over the library. ``main`` is the way in; a command's module loads when it runs."""
