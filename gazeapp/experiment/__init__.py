"""What the experiment is and where it stands. No Qt, no threads."""
