"""Tobii's screen-based trackers, through the SDK in a process of its own."""
