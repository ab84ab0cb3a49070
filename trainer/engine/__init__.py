"""What every training run shares: the loop, run folders, configurations, losses, progress, several processes."""
