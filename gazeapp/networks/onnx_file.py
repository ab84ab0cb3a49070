"""Reads what an ONNX file holds without running or trusting it: a walk over its protocol buffer.

An ONNX file may name other files to read weights from, and operators that load libraries. Both are found here, before
any runtime sees the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gazeapp.errors import CheckpointError
from gazeapp.store.untrusted.files import TooLarge, read_bytes

MAX_BYTES = 1 << 30
_MAX_DEPTH = 40
_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
_REFUSED_OPERATORS = ("EPContext", "PythonOp", "PythonOpGrad", "ATen", "ExternalGraph", "TritonOp")
"""Operators that hold another program, or name a library or file to load."""

# Where messages lie in messages (onnx.proto): message to {field: message}.
_NESTED = {
    "Model": {7: "Graph", 20: "Training", 25: "Function"},
    "Training": {1: "Graph", 2: "Graph"},
    "Graph": {1: "Node", 5: "Tensor", 15: "SparseTensor"},
    "Function": {7: "Node", 11: "Attribute"},
    "Node": {5: "Attribute"},
    "Attribute": {
        5: "Tensor",
        6: "Graph",
        10: "Tensor",
        11: "Graph",
        22: "SparseTensor",
        23: "SparseTensor",
    },
    "SparseTensor": {1: "Tensor", 2: "Tensor"},
    "Tensor": {},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # of Tensor
_OPERATOR, _NODE_DOMAIN, _FUNCTION_DOMAIN = 4, 7, 10
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_onnx(path: Path) -> bytes:
    """The bytes of an ONNX file that refers to nothing outside itself.

    Args:
        path: At most `MAX_BYTES`.

    Raises:
        CheckpointError: Missing, too large, not ONNX, or with external data, foreign operators or another program
            inside.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise CheckpointError(
                f"{path}: {size / 1e9:.1f} GB; models up to {MAX_BYTES / 1e9:.1f} GB are read",
                found=size,
                supported=MAX_BYTES,
            )
        content = read_bytes(path, MAX_BYTES)
    except (OSError, TooLarge) as error:
        raise CheckpointError(f"{path}: cannot be read ({error})") from error
    try:
        own_domains = _function_domains(content)
        n_graphs = _inspect(path, memoryview(content), "Model", own_domains, depth=0)
    except (ValueError, IndexError) as error:
        raise CheckpointError(f"{path}: damaged, or not an ONNX file") from error
    if not n_graphs:
        raise CheckpointError(f"{path}: not an ONNX file: it holds no graph")
    return content


def _inspect(path: Path, message: memoryview, kind: str, own_domains: frozenset[str], depth: int) -> int:
    """Refuse what is dangerous in a message and all it holds; returns the graphs directly in it."""
    if depth > _MAX_DEPTH:
        raise CheckpointError(f"{path}: graphs nested more than {_MAX_DEPTH} deep")
    n_graphs = 0
    operator = domain = ""
    for number, value in _fields(message):
        if kind == "Tensor":
            if number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value == 1):
                raise CheckpointError(
                    f"{path}: keeps weights in other files, which is refused; save it as one file with all weights "
                    f"inside"
                )
            continue
        if kind == "Node" and number in (_OPERATOR, _NODE_DOMAIN):
            if isinstance(value, int):
                raise ValueError("a name that is a number")
            text = bytes(value).decode("utf-8")
            operator, domain = (text, domain) if number == _OPERATOR else (operator, text)
            continue
        inner = _NESTED[kind].get(number)
        if inner is not None:
            if isinstance(value, int):
                raise ValueError("a message that is a number")
            n_graphs += inner == "Graph"
            _inspect(path, value, inner, own_domains, depth + 1)
    if kind == "Node" and (operator in _REFUSED_OPERATORS or (domain not in _DOMAINS and domain not in own_domains)):
        name = f"{domain}.{operator}" if domain else operator
        raise CheckpointError(
            f"{path}: uses the operator {name!r}, which is refused; only standard ONNX operators are run",
            found=name,
        )
    return n_graphs


def _function_domains(content: bytes) -> frozenset[str]:
    """Domains of functions that the file itself defines from standard operators."""
    domains = set()
    for number, value in _fields(memoryview(content)):
        if number == 25 and not isinstance(value, int):
            domains |= {
                bytes(v).decode("utf-8") for n, v in _fields(value) if n == _FUNCTION_DOMAIN and not isinstance(v, int)
            }
    return frozenset(domains)


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, value) of a message in order; ValueError or IndexError where it is not one."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise ValueError("field 0")
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield number, value
        elif wire in (_BYTES, _FIXED64, _FIXED32):
            length = {_FIXED64: 8, _FIXED32: 4}.get(wire)
            if length is None:
                length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("a field longer than the file")
            yield number, message[at : at + length]
            at += length
        else:
            raise ValueError(f"wire type {wire}")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
