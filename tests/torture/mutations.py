"""Damage as disks, transfers and jokers do it: to bytes, to lines of text, to trees of values."""

import copy
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

#: What stands where a value should: wrong types, absurd sizes, no numbers, paths that lead elsewhere.
ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 2, 10**6, 10**30, -0.5, 1e308, float("nan"), float("inf"), float("-inf")),
    *(
        "",
        "x",
        "nan",
        "1e999",
        "9" * 5000,
        "../../secret",
        "/etc/passwd",
        "a\x00b",
        "\u202e\ud7ff",
        "x" * 5000,
    ),
    *([], {}, [[]], [None], {"": 0}, [1, "2", None], {"__class__": "os.system"}),
)
_WORDS = (
    "",
    "x",
    "-1",
    "1e308",
    "-1e308",
    "nan",
    "inf",
    "9" * 5000,
    "0x10",
    "../../secret",
    "\x00",
    "٣",
    ",,",
    '"',
)
_SIZES = (
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x7f\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"\x00\x00\x00\x80",
)


def of_bytes(content: bytes, rng: np.random.Generator, others: Sequence[bytes] = ()) -> bytes:
    """One kind of damage to a file's bytes; `others` lend their headers."""
    data, size = bytearray(content), len(content)
    kind = rng.integers(9)
    at = int(rng.integers(size)) if size else 0
    head = int(rng.integers(min(size, 200))) if size else 0  # sizes and counts stand in headers
    if kind == 0:
        return bytes(data[:at])
    if kind == 1:
        for place in rng.integers(size, size=int(rng.integers(1, 33))):
            data[place] ^= 1 << int(rng.integers(8))
    elif kind == 2:
        data[head] ^= 1 << int(rng.integers(8))
    elif kind == 3:
        data[head : head + 4] = _SIZES[rng.integers(len(_SIZES))]
    elif kind == 4:
        data[at : at + 4] = _SIZES[rng.integers(len(_SIZES))]
    elif kind == 5 and others:
        length = int(rng.integers(4, 64))
        data[:length] = others[rng.integers(len(others))][:length]
    elif kind == 6:
        data[at : at + int(rng.integers(1, 500))] = b""
    elif kind == 7:
        data[at:at] = data[head : head + int(rng.integers(1, 500))]
    else:
        return rng.bytes(int(rng.integers(0, 300)))
    return bytes(data)


def of_lines(content: bytes, rng: np.random.Generator) -> bytes:
    """Damage to a text of lines and fields: odd words, lines lost, doubled, swapped; or to its bytes."""
    if rng.integers(3) == 0:
        return of_bytes(content, rng)
    lines = content.decode().splitlines()
    at, other = (int(place) for place in rng.integers(len(lines), size=2))
    kind = rng.integers(5)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(other, lines[at])
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    else:
        sign = "," if "," in lines[at] else " "
        fields = lines[at].split(sign)
        fields[rng.integers(len(fields))] = _WORDS[rng.integers(len(_WORDS))]
        lines[at] = sign.join(fields)
    return ("\r\n" if b"\r\n" in content else "\n").join(lines).encode() + b"\n"


def of_tree(tree: Any, rng: np.random.Generator) -> Any:
    """A copy of nested dicts and lists in which one value is odd, gone, doubled or under another name."""
    tree = copy.deepcopy(tree)
    places = list(_places(tree))
    holder, key = places[rng.integers(len(places))]
    kind = rng.integers(8)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(0, holder[key])
    elif kind == 1:
        holder[f"{key}x"] = holder.pop(key)
    else:
        holder[key] = ODD[rng.integers(len(ODD))]
    return tree


def of_json(content: bytes, rng: np.random.Generator) -> bytes:
    """Damage to a JSON file: to its values four times of five, to its text else; now and then too deep."""
    kind = rng.integers(20)
    if kind < 4:
        return of_bytes(content, rng)
    if kind == 4:
        return b"[" * 100_000
    if kind == 5:
        return json.dumps(ODD[rng.integers(len(ODD))]).encode()
    return json.dumps(of_tree(json.loads(content), rng)).encode()


def _places(tree: Any):
    """(holder, key or index) of every value in nested dicts and lists."""
    items = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree))
    for key, value in items:
        yield tree, key
        if isinstance(value, dict | list):
            yield from _places(value)
