"""What channels and columns of any laboratory mean: one table of knowledge for live streams and files."""
