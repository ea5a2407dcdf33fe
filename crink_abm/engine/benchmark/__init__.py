"""How fast the engine is, and how fast it could be. Part of :mod:`crink_abm.engine`: imports what it does."""
