"""Gaze recorded by other programs, as recordings that can become sessions; one module per format."""
