"""The memory that encoding takes, at its peak and what stays, on Linux; loading is in load.py.

asv leaves out what raises NotImplementedError in `setup`, and only there.
"""

from __future__ import annotations

from pathlib import Path

from . import inputs
from .load import HELLO, resident_bytes

LONG_BYTES = 4 << 20
CLEAR_REFS, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def peak_bytes() -> int:
    """The largest resident set since the last `forget_peak`."""
    for line in STATUS.read_text().splitlines() if STATUS.exists() else []:
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
        self.size = len(self.text.encode())
        self.tok.encode(HELLO)
        forget_peak()
        peak_bytes()

    def track_peak_per_byte(self, vocabulary: str, text: str) -> float:
        """Bytes by which the resident set grows at most, for each byte of text; the result is 4 of them an id."""
        forget_peak()
        before = resident_bytes()
        self.tok.encode_to_numpy(self.text)
        return (peak_bytes() - before) / self.size

    track_peak_per_byte.unit = "bytes/byte"  # type: ignore[attr-defined]


class AfterEncoding:
    """What stays after a text: the words that the tokenizer remembers, and its scratch memory."""

    param_names = ("vocabulary", "text")
    params = (inputs.VOCABULARIES, inputs.TEXTS)

    def setup(self, vocabulary: str, text: str) -> None:
        self.tok = inputs.new_tokenizer(vocabulary)
        texts = inputs.pages(text)
        self.before = resident_bytes()
        for part in texts:
            self.tok.encode_to_numpy(part)

    def track_memory(self, vocabulary: str, text: str) -> float:
        return (resident_bytes() - self.before) / 1e6

    track_memory.unit = "MB"  # type: ignore[attr-defined]


class AfterClearCache(AfterEncoding):
    """And once the words are forgotten."""

    def setup(self, vocabulary: str, text: str) -> None:
        super().setup(vocabulary, text)
        if not hasattr(self.tok, "clear_cache"):
            raise NotImplementedError("this version remembers no words")
        self.tok.clear_cache()
