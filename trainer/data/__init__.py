"""Data sets as published, prepared for training."""
