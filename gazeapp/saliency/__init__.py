"""Fixations to maps, comparing maps, colouring maps. NumPy and SciPy only."""
