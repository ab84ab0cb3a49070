"""What recorded gaze says: viewings, areas of interest, heat maps, gaze plots, comparisons."""
