"""Gaze from a camera's picture of the face."""
