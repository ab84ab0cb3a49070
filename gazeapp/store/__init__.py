"""Study and session files, events, stimulus decoding: writing, reading, exporting, importing."""
