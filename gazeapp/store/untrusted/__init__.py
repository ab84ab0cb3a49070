"""Files of others, read within limits: none of them can exhaust this machine, hang this program, or run anything."""
