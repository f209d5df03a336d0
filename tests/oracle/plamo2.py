"""Plain twin of PLaMo-2: the table of llm_tokenizer_plamo2 row by row, as llama.cpp lays it out, over Python strings.

Quadratic in the length of tokens and of texts; shares no code with the package.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from oracle.utf8 import code_points, encoded

INVALID = -20000000
UNKNOWN = -10000000


class Row(NamedTuple):
    """A prefix of a suffix, or the last row of a suffix, whose score is UNKNOWN."""

    length: int
    token: int | None
    score: int
    suffix: int  # the first row of the prefix's own rows


def integer(score: float) -> int:
    if not math.isfinite(score):
        return INVALID
    value = score * 1e4
    rounded = math.floor(abs(value) + 0.5) * (1 if value > 0 else -1)
    return rounded if abs(rounded) < 2**31 else INVALID


class Table:
    """The rows, and the edges from (code point, row of a suffix) to the row of a longer suffix."""

    def __init__(self, tokens: Sequence[bytes], scores: Sequence[float], is_byte: Sequence[bool]):
        score_of: dict[bytes, float] = {}
        for token, score, byte in zip(tokens, scores, is_byte, strict=True):
            if not byte:
                score_of[token] = score
                points = code_points(token)
                for i in range(1, len(points)):
                    score_of.setdefault(encoded(points[i:]), math.nan)
        ids = {token: i for i, token in enumerate(tokens)}
        suffixes = sorted([*score_of, b""], key=lambda text: text[::-1])
        first_row: dict[bytes, int] = {}
        self.edges: dict[tuple[int, int], int] = {}
        n_rows = 0
        for suffix in suffixes:
            first_row[suffix] = n_rows
            points = code_points(suffix)
            if points:
                self.edges[points[0], first_row.get(encoded(points[1:]), 0)] = n_rows
            n_rows += 1 + sum(encoded(points[:n]) in score_of for n in range(1, len(points) + 1))
        self.rows: list[Row] = []
        for suffix in suffixes:
            points = code_points(suffix)
            for n in range(len(points), 0, -1):
                piece = encoded(points[:n])
                if piece in score_of:
                    self.rows.append(Row(n, ids.get(piece), integer(score_of[piece]), first_row[piece]))
            self.rows.append(Row(1, None, UNKNOWN, 0))

    def step(self, row: int, point: int) -> int:
        while True:
            found = self.edges.get((point, self.rows[row].suffix), 0)
            if found or self.rows[row].score == UNKNOWN:
                return found
            row += 1

    def encode(self, text: bytes, byte_tokens: Sequence[int]) -> list[int]:
        points = code_points(text, limit=0x1FFFFF)
        if points and points[0] == 0xFEFF:
            points = points[1:]
        costs = [0] * (len(points) + 1)
        best: list[Row] = [self.rows[0]] * len(points)
        row = 0
        for i in reversed(range(len(points))):
            row = self.step(row, points[i])
            costs[i] = 1 << 60
            at = row
            while True:
                candidate = self.rows[at]
                fits = i + candidate.length <= len(points)  # llama.cpp reads past the end
                if candidate.score > INVALID and fits and costs[i + candidate.length] - candidate.score < costs[i]:
                    costs[i] = costs[i + candidate.length] - candidate.score
                    best[i] = candidate
                if candidate.score == UNKNOWN and costs[i] < 1 << 60:
                    break
                at += 1
        ids = []
        i = 0
        while i < len(points):
            token = best[i].token
            ids += [token] if token is not None else [byte_tokens[b] for b in utf8_bytes(points[i])]
            i += best[i].length
        return ids


def utf8_bytes(point: int) -> list[int]:
    """UTF-8 as the format goes, up to 0x1FFFFF."""
    if point < 0x80:
        return [point]
    size = 2 if point < 0x800 else 3 if point < 0x10000 else 4
    bits = f"{point:0{(11, 16, 21)[size - 2]}b}"
    lead, rest = bits[: len(bits) - 6 * (size - 1)], bits[len(bits) - 6 * (size - 1) :]
    return [int("1" * size + "0" + lead, 2)] + [int("10" + rest[i : i + 6], 2) for i in range(0, len(rest), 6)]
