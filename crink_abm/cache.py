"""Where this machine keeps what it can make again: compiled code and screened worlds."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """``$CRINK_CACHE``, else the user's cache folder."""
    base = os.environ.get("CRINK_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "crink_abm"
