"""Where this machine keeps what it can make again: compiled code and screened worlds."""

import os
import tempfile
from functools import cache
from pathlib import Path


def cache_directory() -> Path:
    """``$CRINK_CACHE``, else the user's cache folder."""
    base = os.environ.get("CRINK_CACHE") or os.environ.get("XDG_CACHE_HOME") or _of_the_user()
    return Path(base) / "crink_abm"


def _of_the_user() -> Path:
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # no HOME, and an account that the system does not know, as in some containers
        return _homeless()


@cache
def _homeless() -> Path:
    """A folder for temporary files that is this user's alone, since it holds code; another one if that is not so."""
    place = Path(tempfile.gettempdir()) / f"crink_abm-cache-{os.getuid()}"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        held = place.lstat()
        if place.is_dir() and not place.is_symlink() and held.st_uid == os.getuid() and not held.st_mode & 0o077:
            return place
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="crink_abm-cache-"))
