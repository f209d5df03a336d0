"""The memory that encoding takes: at its peak, and what stays. Loading is in load.py."""

from __future__ import annotations

from pathlib import Path

from . import inputs
from .load import HELLO, resident_bytes

LONG_BYTES = 4 << 20
CLEAR_REFS, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def peak_bytes() -> int:
    """The largest resident set since the last `forget_peak`; Linux only."""
    lines = STATUS.read_text().splitlines() if STATUS.exists() else []
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise NotImplementedError("the peak is measured on Linux only")


def forget_peak() -> None:
    try:
        CLEAR_REFS.write_text("5")
    except OSError as error:
        raise NotImplementedError(f"the peak cannot be reset: {error}") from error


class LongText:
    """One text of 4 MiB, the real text over and over."""

    param_names = ("vocabulary", "text")
    params = (inputs.VOCABULARIES, inputs.TEXTS)

    def setup(self, vocabulary: str, text: str) -> None:
        self.tok = inputs.new_tokenizer(vocabulary)
        part = inputs.text(text)
        self.text = part * (LONG_BYTES // len(part.encode()))
        self.text.encode()
        self.tok.encode(HELLO)

    def track_peak_per_byte(self, vocabulary: str, text: str) -> float:
        """Bytes by which the resident set grows at most, for each byte of text; 4 an id are the result."""
        size = len(self.text.encode())
        forget_peak()
        before = resident_bytes()
        self.tok.encode_to_numpy(self.text)
        return (peak_bytes() - before) / size

    track_peak_per_byte.unit = "bytes/byte"  # type: ignore[attr-defined]


class WordCache:
    """What stays after a text: the words the tokenizer remembers, and its scratch memory."""

    param_names = ("vocabulary", "text")
    params = (inputs.VOCABULARIES, inputs.TEXTS)

    def setup(self, vocabulary: str, text: str) -> None:
        self.tok = inputs.new_tokenizer(vocabulary)
        self.texts = inputs.pages(text)
        self.tok.encode(HELLO)
        self.before = resident_bytes()
        for part in self.texts:
            self.tok.encode_to_numpy(part)

    def track_after_encoding(self, vocabulary: str, text: str) -> float:
        return (resident_bytes() - self.before) / 1e6

    def track_after_clear_cache(self, vocabulary: str, text: str) -> float:
        if not hasattr(self.tok, "clear_cache"):
            raise NotImplementedError("this version has no cache")
        self.tok.clear_cache()
        return (resident_bytes() - self.before) / 1e6

    for track in (track_after_encoding, track_after_clear_cache):
        track.unit = "MB"
    del track
