"""Frames on their way to the browser: typed arrays in compressed blobs, read back by `player/decode.js`.

A blob, before compression: the header's length (uint32, little-endian), the header (JSON: name -> [type, shape, offset],
offsets counted from the end of the header), then the arrays, each beginning at a multiple of four.
"""

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

# The types that both sides know: NumPy's name -> the JavaScript array that reads it.
TYPES = {"|u1": "Uint8Array", "<u2": "Uint16Array", "<i2": "Int16Array", "<i4": "Int32Array", "<f4": "Float32Array"}


def encode(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Named arrays as a blob. ValueError for a type that the browser's side does not know."""
    header: dict[str, list[object]] = {}
    body = bytearray()
    for name, array in arrays.items():
        kind = array.dtype.newbyteorder("<").str
        if kind not in TYPES:
            raise ValueError(f"{name} is {array.dtype}: the player reads {', '.join(TYPES)}")
        header[name] = [kind, list(array.shape), len(body)]
        body += np.ascontiguousarray(array, dtype=kind).tobytes()
        body += bytes(-len(body) % 4)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    return zlib.compress(struct.pack("<I", len(text)) + text + bytes(body), 1)


def decode(blob: bytes) -> dict[str, np.ndarray]:
    """What `encode` was given; the browser's decoder in Python, so that the format can be tested without one."""
    data = zlib.decompress(blob)
    (length,) = struct.unpack_from("<I", data)
    arrays = {}
    for name, (kind, shape, offset) in json.loads(data[4 : 4 + length]).items():
        count = int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(data, kind, count, 4 + length + offset).reshape(shape)
    return arrays


def pack(data: Mapping[str, Any]) -> bytes:
    """All that the player is given as one run of bytes: Streamlit hands bytes to a component as they are, where text would
    be quoted, parsed and decoded again in the browser.

    The length of the JSON (uint32, little-endian), the JSON, in which every `blob` (of a board, of `follow`) has become
    [offset, size] counted from the end of the JSON, then the blobs.
    """
    body = bytearray()

    def moved(one: Mapping[str, Any]) -> dict[str, Any]:
        at = len(body)
        body.extend(one["blob"])
        return {**one, "blob": [at, len(one["blob"])]}

    follow = data.get("follow")
    plain = {**data, "boards": [moved(board) for board in data["boards"]], "follow": moved(follow) if follow else None}
    text = json.dumps(plain).encode()
    return struct.pack("<I", len(text)) + text + bytes(body)
