"""The compiled engine: runs by the million, and no science. The only package that imports numba. Imports ``util``, ``model``,
``agents`` and ``estimation``."""
