"""What differs between two recordings of a vocabulary, as lines for a maintainer."""

from __future__ import annotations

from dataclasses import dataclass

from golden.reader import Case, Died, Golden

SHOWN = 160  # characters of an answer
TIMEOUT = "timeout"  # a Died.how


@dataclass(frozen=True)
class Change:
    """An answer that changed: of which vocabulary, about what, before and after."""

    name: str
    what: str
    before: object
    after: object

    def __str__(self) -> str:
        return f"{self.name}: {self.what}\n    before {short(self.before)}\n    after  {short(self.after)}"


def changes(old: Golden, new: Golden) -> list[Change]:
    """All that changed; a death is one whatever ended it, since time and stack depend on the machine."""
    found = [
        Change(old.name, f"meta {key}", old.meta.get(key), new.meta.get(key))
        for key in sorted((old.meta.keys() | new.meta.keys()) - {"msg"})
        if old.meta.get(key) != new.meta.get(key)
    ]
    found += table_changes(old, new)
    after = {case.id: case for case in new.cases}
    for case in old.cases:
        found += answer_changes(old.name, f"text {case.id} {case.data[:SHOWN]!r}", case.calls, _calls(after, case))
    by_ids = {tuple(record.ids): record.calls for record in new.detokenized}
    for record in old.detokenized:
        what = f"ids {short(record.ids)}"
        found += answer_changes(old.name, what, record.calls, by_ids.get(tuple(record.ids), {}))
    return found


def answer_changes(name: str, what: str, old: dict[str, object], new: dict[str, object]) -> list[Change]:
    """Those of one text or one list of ids, by call; none where the answer took too long before."""
    if any(isinstance(answer, Died) and answer.how == TIMEOUT for answer in old.values()):
        return []
    return [
        Change(name, f"{what}, {call}", old.get(call), new.get(call))
        for call in sorted(old.keys() | new.keys())
        if old.get(call) != new.get(call) and not (isinstance(old.get(call), Died) and isinstance(new.get(call), Died))
    ]


def table_changes(old: Golden, new: Golden) -> list[Change]:
    """Those of the token table: rows of the sample, and blocks in which none of them shows a difference."""
    if old.tokens is None or new.tokens is None:
        return []
    found = []
    for key in ("n", "attr", "blocks", "sample"):
        before, after = old.tokens[key], new.tokens[key]
        if not isinstance(before, list) or len(before) != len(after):
            found += [Change(old.name, f"tokens {key}", before, after)] if before != after else []
            continue
        pairs = enumerate(zip(before, after, strict=True))
        found += [Change(old.name, f"tokens {key} {at}", one, other) for at, (one, other) in pairs if one != other]
    return found


def short(answer: object) -> str:
    shown = repr(answer)
    return shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 40]} ... {shown[-36:]}"


def _calls(cases: dict[str, Case], case: Case) -> dict[str, object]:
    return cases[case.id].calls if case.id in cases else {}
