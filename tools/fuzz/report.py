"""What is printed: a line for each vocabulary, and each difference as a test ready to be pasted."""

from __future__ import annotations

from pathlib import Path

from .compare import ENCODE, Difference, Tally

SHOWN_DEATHS = 5


def as_test(difference: Difference, gguf: Path, number: int) -> str:
    """The source of a pytest test that fails as long as the difference is there."""
    first, second = difference.mode
    if difference.call == ENCODE:
        got = f"tok.encode({difference.given!r}, {first}, parse_special={second})"
        expected = repr(list(difference.expected))
    else:
        got = f"tok.decode({difference.given!r}, {not second}, remove_special={first}, errors='surrogateescape')"
        got += ".encode('utf-8', 'surrogateescape')"
        expected = repr(difference.expected)
    return "\n".join(
        (
            f"def test_{difference.call}_as_llama_cpp_does_{number}():",
            f"    # found by {difference.generator}; got {_short(difference.got)}",
            f"    tok = Tokenizer.from_gguf_file(vocabulary({gguf.stem!r}))",
            f"    assert {got} == {expected}",
        )
    )


def summary(tally: Tally, gguf: Path, seed: int, seconds: float) -> str:
    """One line: what was compared, and how many differences and deaths there were."""
    return (
        f"{gguf.stem}: seed {seed}, {tally.texts:,} texts, {tally.text_bytes:,} bytes in 4 modes, "
        f"{tally.id_sequences:,} id sequences in 4 modes, {len(tally.differences)} differences, "
        f"reference died {len(tally.deaths)} times, {seconds:.0f} s"
    )


def details(tally: Tally, gguf: Path) -> str:
    """The differences as tests, and the first texts the reference died on."""
    lines = []
    if tally.differences:
        lines += ["", "from vocabularies import vocabulary", "", "from shimmytok import Tokenizer"]
        for number, difference in enumerate(tally.differences, 1):
            lines += ["", "", as_test(difference, gguf, number)]
        lines.append("")
    for text, why in tally.deaths[:SHOWN_DEATHS]:
        lines.append(f"  reference died: {why}: {_short(text)}")
    return "\n".join(lines)


def _short(value: object) -> str:
    shown = value if isinstance(value, str) else repr(value)
    return " ".join((shown if len(shown) <= 200 else shown[:200] + "...").split())
