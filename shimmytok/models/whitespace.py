"""Model "whitespace": byte pair encoding of words parted by white space, which is dropped.

llm_tokenizer_whitespace_session of llama.cpp.  The key tokenizer.ggml.normalizer.lowercase says whether words
are lower-cased.
"""

from __future__ import annotations

from shimmytok._word_cache import WordCache
from shimmytok.gguf import Metadata
from shimmytok.models import bpe
from shimmytok.models._whitespace import WhitespaceModel
from shimmytok.models.parts import Parts
from shimmytok.normalizers.words import characters


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Read a vocabulary and build its tables."""
    return bpe.load_over(
        metadata, cache, lambda vocab, table_set: WhitespaceModel(table_set, characters(vocab.flags.lowercase))
    )
