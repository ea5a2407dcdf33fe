"""The package's version and those of the libraries a result depends on."""

from importlib.metadata import PackageNotFoundError, version

__version__ = "0.1.0"


def library_versions() -> dict[str, str]:
    """Versions of the libraries that results pass through."""
    found = {}
    for name in ("numpy", "scipy", "numba", "mesa", "pandas", "pyarrow"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
