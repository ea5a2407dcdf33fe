"""The rules: one module per state, each rule a pure scalar function.

A rule's arguments are names of the catalogue (state, term, lever, driver,
parameter or draw: ``crink-abm info NAME`` gives meaning and unit), numbers in;
numbers out. The docstring gives the equation. Nothing here knows an array, a
clock, a file or another rule's caller. Λ is the logistic function and
[x] the value of x held within [0, 1].
"""
