"""Pictures. The only package that imports matplotlib. Imports what stands below it: ``util`` to ``analysis``."""
