"""``python -m crink_abm``: the command line."""

import sys

from .cli import console

sys.exit(console())
