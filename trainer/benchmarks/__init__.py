"""Each speed figure beside its peer, in one run."""
