"""One module per export format, each `(session, destination) -> list of written files`."""
