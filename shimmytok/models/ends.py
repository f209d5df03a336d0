"""Which ids are put around a text by models that follow the add_bos and add_eos flags."""

from __future__ import annotations

from shimmytok.gguf import Metadata
from shimmytok.log import warn
from shimmytok.vocab import Vocab


def around(metadata: Metadata, vocab: Vocab) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(prefix, suffix).  Where a flag asks for a token the vocabulary lacks, llama.cpp aborts; here none is added."""
    ends = []
    for name, wanted in (("bos", vocab.flags.add_bos), ("eos", vocab.flags.add_eos)):
        token = vocab.ids[name]
        if wanted and token is None:
            warn("%s: %s is to be added to texts, but there is no such token", metadata.source, name.upper())
        ends.append((token,) if wanted and token is not None else ())
    return ends[0], ends[1]
