"""Where this machine keeps what it can make again: compiled code and screened worlds."""

import os
from pathlib import Path


def cache_directory() -> Path:
    """``$CRINK_CACHE``, else the user's cache folder; where there is none, a path that nothing can be written to."""
    base = os.environ.get("CRINK_CACHE") or os.environ.get("XDG_CACHE_HOME")
    try:
        return Path(base or Path.home() / ".cache") / "crink_abm"
    except RuntimeError:  # no home: a container with a user that has no name
        return Path(os.devnull) / "crink_abm"
