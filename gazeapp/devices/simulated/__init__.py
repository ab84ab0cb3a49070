"""A tracker without hardware: gaze from a model, a recording, or the mouse."""
