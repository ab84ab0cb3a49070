"""Small ONNX files made by hand: protocol buffer fields in their order, no library needed.

Field numbers are those of onnx.proto.
"""

from __future__ import annotations

import struct

FLOAT, UINT8, INT64, BOOL = 1, 2, 7, 9


def varint(value):
    encoded = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        encoded.append(low | (0x80 if value else 0))
        if not value:
            return bytes(encoded)


def number(field, value):
    return varint(field << 3) + varint(value)


def chunk(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def tensor(name, values, shape, kind=FLOAT, extra=b""):
    form = {FLOAT: "f", INT64: "q", BOOL: "?"}[kind]
    raw = struct.pack(f"<{len(values)}{form}", *values)
    sizes = b"".join(number(1, side) for side in shape)
    return sizes + number(2, kind) + chunk(8, name) + chunk(9, raw) + extra


def external_tensor(name, location):
    """Weights that lie in another file."""
    entry = chunk(1, "location") + chunk(2, location)
    return number(1, 1) + number(2, FLOAT) + chunk(8, name) + chunk(13, entry) + number(14, 1)


def value(name, shape, kind=FLOAT):
    """A typed value; a text as a side leaves it open."""
    sides = b"".join(chunk(1, chunk(2, side) if isinstance(side, str) else number(1, side)) for side in shape)
    return chunk(1, name) + chunk(2, chunk(1, number(1, kind) + chunk(2, sides)))


def attribute_ints(name, values):
    return chunk(1, name) + b"".join(number(8, v) for v in values) + number(20, 7)


def attribute_int(name, content):
    return chunk(1, name) + number(3, content) + number(20, 2)


def attribute_tensor(name, content):
    return chunk(1, name) + chunk(5, content) + number(20, 4)


def attribute_graph(name, content):
    return chunk(1, name) + chunk(6, content) + number(20, 5)


def node(operator, inputs, outputs, *attributes, domain=""):
    parts = [chunk(1, name) for name in inputs] + [chunk(2, name) for name in outputs]
    parts += [chunk(4, operator)] + [chunk(5, attribute) for attribute in attributes]
    return b"".join(parts) + (chunk(7, domain) if domain else b"")


def graph(nodes, inputs, outputs, initializers=()):
    parts = [chunk(1, content) for content in nodes] + [chunk(2, "graph")]
    parts += [chunk(5, content) for content in initializers]
    parts += [chunk(11, content) for content in inputs] + [chunk(12, content) for content in outputs]
    return b"".join(parts)


def model(content, *, metadata=None, domains=()):
    opsets = [chunk(8, chunk(1, "") + number(2, 13))]
    opsets += [chunk(8, chunk(1, domain) + number(2, 1)) for domain in domains]
    notes = [chunk(14, chunk(1, k) + chunk(2, v)) for k, v in (metadata or {}).items()]
    return number(1, 8) + chunk(7, content) + b"".join(opsets + notes)


def brightness(shape=(1, 3, "h", "w"), axis=1, kind=FLOAT, **more):
    """A model whose map is the mean over the colours."""
    nodes = [node("ReduceMean", ["image"], ["map"], attribute_ints("axes", [axis]), attribute_int("keepdims", 1))]
    if kind == UINT8:
        nodes.insert(0, node("Cast", ["image"], ["numbers"], attribute_int("to", FLOAT)))
        nodes[1] = nodes[1].replace(b"\x05image", b"\x07numbers")
    return model(graph(nodes, [value("image", shape, kind)], [value("map", ("a", "b", "c", "d"))]), **more)


def weighted(weights, bias=0.0, **more):
    """A model whose map is a weighted sum of the colours."""
    return model(
        graph(
            [node("Conv", ["image", "w", "b"], ["map"])],
            [value("image", (1, 3, "h", "w"))],
            [value("map", ("a", "b", "c", "d"))],
            [tensor("w", weights, (1, 3, 1, 1)), tensor("b", [bias], (1,))],
        ),
        **more,
    )


def endless():
    """A model that never answers: a loop of 2**62 turns."""
    body = graph(
        [node("Identity", ["go"], ["still"]), node("Add", ["before", "before"], ["after"])],
        [value("turn", (), INT64), value("go", (), BOOL), value("before", ("a", "b", "c", "d"))],
        [value("still", (), BOOL), value("after", ("a", "b", "c", "d"))],
    )
    return model(
        graph(
            [
                node("ReduceMean", ["image"], ["first"], attribute_ints("axes", [1])),
                node("Loop", ["turns", "yes", "first"], ["map"], attribute_graph("body", body)),
            ],
            [value("image", (1, 3, "h", "w"))],
            [value("map", ("a", "b", "c", "d"))],
            [tensor("turns", [2**62], (), INT64), tensor("yes", [True], (), BOOL)],
        )
    )


def widening(n_bytes):
    """A model of some hundred bytes that makes a tensor of any size on the way to its map."""
    return model(
        graph(
            [
                node("ReduceMean", ["image"], ["first"], attribute_ints("axes", [1])),
                node("Expand", ["one", "shape"], ["wide"]),
                node("ReduceMax", ["wide"], ["top"]),
                node("Add", ["first", "top"], ["map"]),
            ],
            [value("image", (1, 3, "h", "w"))],
            [value("map", ("a", "b", "c", "d"))],
            [tensor("one", [1.0], (1,)), tensor("shape", [n_bytes // 4096, 1024], (2,), INT64)],
        )
    )
