"""The science: what is simulated. The only package that decides a trajectory. Imports only :mod:`crink_abm.util`."""
