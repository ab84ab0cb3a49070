"""Widgets that each show one thing from plain arrays."""
