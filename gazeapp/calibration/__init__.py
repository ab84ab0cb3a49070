"""Calibration and validation procedures: pure state machines and their reports."""
