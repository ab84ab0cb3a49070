"""The participant's screen: its window, what is painted on it, when frames were shown."""
