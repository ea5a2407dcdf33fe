"""What follows from runs: numbers only, no pictures and no pages. Imports what stands below it: ``util`` to ``validation``."""
