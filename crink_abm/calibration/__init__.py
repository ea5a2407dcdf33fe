"""What the record says of the parameters: reference table, likelihood, posterior. Imports what stands below it: ``util`` to
``record``; not ``sweeps``, not ``rare_events``."""
