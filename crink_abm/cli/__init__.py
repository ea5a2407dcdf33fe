"""The command line. Imports anything, mostly when a command is run; nothing imports it but ``__main__``."""
