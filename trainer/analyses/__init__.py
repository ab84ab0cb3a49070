"""The analyses that the papers ask for and the checks that they leave open."""
