"""Design of experiments: what is asked, read from a file or from mappings, checked, and laid out as points. Imports what
stands below it: ``util`` to ``ensemble``; not ``record``."""
