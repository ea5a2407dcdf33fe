"""The charts of a finished sweep: each picks the data, lays out a figure and says what it found. The gallery names them."""
