"""Pages written from numbers and pictures. Imports what stands below it: ``util`` to ``charts``."""
