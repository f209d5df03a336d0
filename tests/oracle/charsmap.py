"""SentencePiece's precompiled charsmap: a compiler for small ones, and a plain walker for any, damaged ones too."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import count, pairwise

HAS_VALUE, IS_VALUE = 1 << 8, 1 << 31


def blob(units: list[int], replacements: bytes) -> bytes:
    return struct.pack("<I", 4 * len(units)) + struct.pack(f"<{len(units)}I", *units) + replacements


def compiled(entries: Mapping[bytes, bytes]) -> bytes:
    """The charsmap of these entries; keys are not empty and hold no NUL, nor do the replacements."""
    replacements, values = b"", {}
    for key, replacement in entries.items():
        values[key] = len(replacements)
        replacements += replacement + b"\0"
    units, targets = {0: 0}, set()
    waiting = [(b"", 0)]
    while waiting:
        prefix, index = waiting.pop(0)
        labels = sorted({key[len(prefix)] for key in values if key.startswith(prefix) and key != prefix})
        wanted = [0, *labels] if prefix in values else labels
        # The distance to the children has 21 bits here; the root's is from index 0, the others' from their own.
        target = next(t for t in count(1) if t not in targets and not any(t ^ c in units for c in wanted))
        targets.add(target)
        units[index] |= (index ^ target) << 10
        if prefix in values:
            units[index] |= HAS_VALUE
            units[target] = IS_VALUE | values[prefix]
        for label in labels:
            units[target ^ label] = label
            waiting.append((prefix + bytes([label]), target ^ label))
    size = (max(units) | 255) + 1
    return blob([units.get(i, 0) for i in range(size)], replacements or b"\0")


def deep(depth: int, replacement: bytes) -> bytes:
    """The charsmap of one entry: `depth` times "a", then "b"."""
    # Nodes are numbers one after the other, whose children are apart from the root, the last one where nothing else is.
    nodes = [*range(0x80, 0x80 + depth), 2 * depth + 0x400]
    units = [0] * (nodes[-1] + 0x200)
    units[0] = nodes[0] << 10
    for node, following in pairwise(nodes):
        at = node ^ ord("a")
        units[at] = ord("a") | (at ^ following) << 10
    at, value = nodes[-1] ^ ord("b"), nodes[-1] + 0x100
    units[at] = ord("b") | HAS_VALUE | (at ^ value) << 10
    units[value] = IS_VALUE
    return blob(units, replacement + b"\0")


def walk(charsmap: bytes, text: bytes) -> tuple[int, bytes]:
    """(bytes replaced, replacement) at the start of `text`, as llama.cpp walks; what it throws at does not count."""
    size = int.from_bytes(charsmap[:4], "little")
    units = struct.unpack(f"<{size // 4}I", charsmap[4 : 4 + size // 4 * 4])
    replacements = charsmap[4 + size :]
    found = (0, b"")
    if not units:
        return found

    def distance(unit: int) -> int:
        return unit >> 10 << (8 if unit & 1 << 9 else 0)

    at = distance(units[0])
    for i, byte in enumerate(text):
        at ^= byte
        if byte == 0 or at >= len(units) or units[at] & (IS_VALUE | 0xFF) != byte:
            break
        has_value = units[at] & HAS_VALUE
        at ^= distance(units[at])
        if has_value and at < len(units):
            start = units[at] & IS_VALUE - 1
            if b"\0" in replacements[start:]:
                found = i + 1, replacements[start:].split(b"\0")[0]
    return found
