"""PyTorch architectures, checkpoints, and predictors with NumPy in and out."""
