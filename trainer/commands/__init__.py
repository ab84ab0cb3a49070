"""One module per command, with its options; each is imported when its command is called."""
