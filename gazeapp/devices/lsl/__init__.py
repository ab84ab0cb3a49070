"""Gaze over Lab Streaming Layer: streams found, their channels understood, samples read and published."""
