"""Rules about merges: those that never apply, or make what is no token.

A merge is cut where llm_tokenizer_bpe of llama.cpp cuts it: at the first space that is not its first byte.
"""

from __future__ import annotations

from collections.abc import Iterator

from shimmytok.check.findings import Finding, listed
from shimmytok.check.subject import BPE_MODELS, Subject

Pair = tuple[bytes, bytes]


def merges(subject: Subject) -> Iterator[Finding]:
    """Merges without two parts, with parts that never come up, repeated, or with a result that is no token."""
    lines = subject.merges
    if subject.model not in BPE_MODELS or not lines or not subject.tokens:
        return
    pairs = {rank: pair for rank, line in enumerate(lines) if (pair := _parts(line)) is not None}
    whole = [(rank, line) for rank, line in enumerate(lines) if rank not in pairs]
    yield from listed("merges-without-space", "merges (by rank) do not have two parts", whole)
    tokens = set(subject.tokens)
    made = {first + second for first, second in pairs.values()}
    seen: dict[Pair, int] = {}
    unknown, again, no_token = [], [], []
    for rank, pair in pairs.items():
        if seen.setdefault(pair, rank) != rank:
            again.append((rank, lines[rank]))
        elif not all(part in made or _is_character(part) for part in pair):
            unknown.append((rank, lines[rank]))
        elif pair[0] + pair[1] not in tokens:
            no_token.append((rank, lines[rank]))
    yield from listed("merges-unknown-part", "merges (by rank) never apply", unknown)
    yield from listed("merges-repeated", "merges (by rank) stand earlier too", again)
    yield from listed("merges-result-no-token", "merges (by rank) make what is no token", no_token)


def _parts(line: bytes) -> Pair | None:
    at = line.find(b" ", 1)
    return None if at < 0 or at + 1 == len(line) else (line[:at], line[at + 1 :])


def _is_character(part: bytes) -> bool:
    return len(part) == 1 or (len(part) <= 4 and len(part.decode("utf-8", "replace")) == 1)
