"""One module per network that can be trained."""
