"""One line makes a Python service on Kubernetes observable, and one command proves it."""

from obskit._version import __version__

__all__ = ["__version__"]
