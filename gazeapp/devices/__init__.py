"""Eye trackers behind one protocol."""
