"""``python -m crink_abm``, and the command as installed: the command line, felt to be interrupted from the first import on."""

import os
import sys


def console() -> int:
    """The command line as a whole process; its exit status."""
    try:
        from .cli.main import console

        return console()
    except KeyboardInterrupt:  # nothing has begun yet
        os._exit(130)


if __name__ == "__main__":
    sys.exit(console())
