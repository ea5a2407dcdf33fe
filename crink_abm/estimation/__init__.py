"""Statistics: arrays in, arrays and tables out. Knows outcomes, no engine, no worlds, no files. Imports
``util`` and ``model``."""
