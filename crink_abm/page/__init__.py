"""The live page: one HTML file with the engine, the worlds and the words inside, which needs nothing installed and no network.

:mod:`tables` gathers what the package says of its model, :mod:`bundle` makes one file of it and of the sources in ``src``. It may
import all below ``cli``; nothing but ``cli`` imports it. The page computes with the module of :mod:`crink_abm.engine.wasm`.
"""
