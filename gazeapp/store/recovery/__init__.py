"""What a crash, a cut file or a damaged page left of sessions and studies."""
