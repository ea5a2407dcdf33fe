"""The compiled engine: runs by the million, and no science. The only package that imports numba. Imports ``util``, ``model``,
``agents`` and ``estimation``."""

from .base import Engine, engine_name, engine_names, get_engine, register_engine

__all__ = ["Engine", "engine_name", "engine_names", "get_engine", "register_engine"]
