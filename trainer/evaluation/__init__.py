"""Predictions against recordings: protocols, metrics, baselines and scores."""
