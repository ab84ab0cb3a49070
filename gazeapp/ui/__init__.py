"""Windows, view models, and the one bridge between threads and Qt."""
