"""Published data sets as their authors lay them out on disk: one module each, listed in `registry`."""
