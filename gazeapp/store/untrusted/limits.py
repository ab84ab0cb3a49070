"""What a file of others may cost: bytes, pixels, rows, depth and steps, in one place.

Each limit is several times what the largest file in use has, and far below what a machine for experiments bears.
"""

from __future__ import annotations

SETTINGS_BYTES = 4 << 20
"""Of a plan, settings, or an embedding."""
DOCUMENT_BYTES = 256 << 20
"""Of a JSON document with data in it."""
WEIGHTS_BYTES = 4 << 30
"""Of a network."""
NETWORK_RUN_BYTES = 4 << 30
"""Of memory for everything that networks from ONNX files compute."""
TEXT_BYTES = 8 << 30
"""Of a text table, unpacked: many hours at 1200 Hz."""
UNPACKED_FLOOR = 32 << 20
UNPACKED_FACTOR = 100
"""Packed data may grow to the floor, or by the factor: tables of gaze shrink to a fifth, with everything missing to a
fiftieth; what was made to exhaust a machine, to a thousandth."""
ARRAY_BYTES = 4 << 30
"""Of one array in memory."""
IMAGE_FILE_BYTES = 512 << 20
IMAGE_PIXELS = 64_000_000
IMAGE_BYTES = 8 * IMAGE_PIXELS
"""Decoded, before it becomes 8-bit RGB: 16 bits and four channels."""
IMAGE_SCAN_PIXELS = 1_000_000_000
"""Pixels times passes over them: a progressive JPEG has ten passes, one made to keep a machine busy thousands."""
MASK_PIXELS = 500_000_000
"""Of all areas of a file that are masks: each takes a byte for each pixel of its image, also where it is small."""
CORNERS = 500_000
"""Of all areas of a file, and of the outlines of a label: each is looked at for every fixation."""
NESTING = 50
"""Of brackets in each other."""
COLUMNS = 10_000
"""Of a text table: exports have one for each area and image, which may be thousands."""
CHANNELS = 4096
"""Of a stream."""
HEADER_CHARACTERS = 4 << 20
"""Of the description of a stream on the network."""
QUERY_STEPS, QUERY_STEPS_PER_BYTE = 2_000_000, 6
"""Of SQLite's machine in one query: the most thorough takes 150 for a row of at least 45 bytes."""
MESSAGE_CHARACTERS = 1000
"""Of a message in which a pattern is looked for; trackers and programs cut theirs far earlier."""
PATTERN_SECONDS = 20.0
"""For all messages of a file."""
