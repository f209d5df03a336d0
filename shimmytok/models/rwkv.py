"""Model "rwkv": the longest token at each place, over bytes; llm_tokenizer_rwkv of llama.cpp.

No tokens are ever put around a text.
"""

from __future__ import annotations

from shimmytok._trie import TokenTrie
from shimmytok._word_cache import WordCache
from shimmytok.gguf import Metadata
from shimmytok.models._longest import LongestTokens
from shimmytok.models._rwkv import RwkvModel
from shimmytok.models._rwkv_escapes import unescape_all
from shimmytok.models.parts import Parts
from shimmytok.piece_rules import PieceRule
from shimmytok.vocab import Flags, read_vocab


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Read a vocabulary and build its tables."""
    vocab = read_vocab(metadata, Flags(), {})
    # Different texts may stand for the same bytes: the last one counts.
    table = unescape_all(vocab.texts)
    longest = LongestTokens(TokenTrie(table, table.lengths() > 0), table, unknown=vocab.ids["unk"])
    return Parts(
        vocab,
        len(vocab.texts),
        RwkvModel(longest, table, cache),
        piece_rule=PieceRule.RWKV_ESCAPED,
        newline=table.last_of([b"\n"]).get(b"\n"),  # llama.cpp looks before it knows the unknown token
    )
