"""Model "hybriddna": byte pair encoding, and k-mers of six letters between <dna> and </dna>.

llm_tokenizer_hybriddna_session of llama.cpp.  A k-mer's text in the file ends with a marker, so that it is not taken
for a word; ids after <oov> lose it.
"""

from __future__ import annotations

from shimmytok._vocab import TokenTable
from shimmytok._word_cache import WordCache
from shimmytok.gguf import Metadata
from shimmytok.models import bpe
from shimmytok.models._hybriddna import MARKER, HybridDnaModel
from shimmytok.models.parts import Parts

OPEN, CLOSE, OUT_OF_VOCABULARY = b"<dna>", b"</dna>", b"<oov>"


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Read a vocabulary and build its tables; without the three tokens of DNA it is a "gpt2" model."""
    return bpe.load_over(
        metadata,
        cache,
        lambda vocab, table_set: HybridDnaModel(
            table_set, vocab.texts, [vocab.texts.find(text) for text in (OPEN, CLOSE, OUT_OF_VOCABULARY)]
        ),
        without_markers,
    )


def without_markers(texts: TokenTable) -> TokenTable:
    """The texts that ids have: those after <oov> without the marker.

    >>> bare = without_markers(TokenTable.from_list([b"<oov>", b"ACGTAC" + MARKER, MARKER]))
    >>> [bare[i] for i in range(3)] == [b"<oov>", b"ACGTAC", MARKER]
    True
    """
    start = texts.last_of([OUT_OF_VOCABULARY]).get(OUT_OF_VOCABULARY)
    if start is None:
        return texts
    all_texts = (texts[i] for i in range(len(texts)))
    return TokenTable.from_list(
        text[: -len(MARKER)] if i > start and text.endswith(MARKER) and text != MARKER else text
        for i, text in enumerate(all_texts)
    )
