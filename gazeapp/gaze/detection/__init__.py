"""Detectors of fixations, online and offline the same code."""
