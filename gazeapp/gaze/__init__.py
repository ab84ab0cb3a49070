"""Geometry, samples, clocks, fixation detection, correction models, quality. NumPy only."""
