"""``python -m obskit`` is ``obskit``."""

from obskit.cli.main import main

if __name__ == "__main__":
    main()
