"""Models "gpt2" and "gemma4": byte pair encoding by merge ranks, over bytes or over raw UTF-8.

Everything that differs between families is in the `pre` (pretokenizers/patterns.py).
"""

from __future__ import annotations

import logging

from shimmytok.errors import GGUFError
from shimmytok.gguf import Metadata, keys
from shimmytok.models._bpe import BpeModel
from shimmytok.models._bpe_tables import BpeTableSet
from shimmytok.models.ends import around
from shimmytok.models.parts import Parts
from shimmytok.pretokenizers import splitter
from shimmytok.pretokenizers.patterns import PRE
from shimmytok.vocab import Flags, read_text, read_vocab

logger = logging.getLogger("shimmytok")

# llama.cpp looks for these merges no further; the vocabulary then serves whole pieces only.
WITHOUT_MERGES = "kimi-k2"


def load(metadata: Metadata) -> Parts:
    """Read a vocabulary and build its tables; UnknownPreTokenizerError for an unknown `pre`."""
    pre = _pre(metadata)
    split = splitter(pre)
    rules = PRE[pre]
    merges = metadata.strings(keys.MERGES)
    if merges is None and pre != WITHOUT_MERGES:
        raise GGUFError("there are no merges", path=metadata.source, key=keys.MERGES)
    flags = Flags(
        add_bos=rules.add_bos,
        add_sep=rules.add_sep,
        clean_spaces=rules.clean_spaces,
        escape_whitespaces=rules.escape_whitespaces,
    )
    defaults = {"bos": 11, "eos": 11} if read_text(metadata, keys.MODEL) == "gpt2" else {}
    if not rules.default_bos:
        defaults.pop("bos", None)
    vocab = read_vocab(metadata, flags, defaults)
    if rules.force_add_bos and not flags.add_bos:
        logger.warning("%s: %s is false, but pre %r always adds BOS", metadata.source, keys.ADD_BOS, pre)
        flags.add_bos = True
    table_set = BpeTableSet(
        vocab.texts,
        merges,
        split,
        byte_level=rules.byte_encode,
        ignore_merges=rules.ignore_merges,
        whole_newline_runs=rules.whole_newline_runs,
        escape_spaces=rules.escape_whitespaces,
    )
    prefix, suffix = around(metadata, vocab)
    return Parts(
        vocab,
        len(vocab.texts),
        BpeModel(table_set),
        byte_level=not rules.escape_whitespaces,
        prefix=prefix,
        suffix=suffix,
        newline_is_encoded=True,
        merges=table_set,
    )


def _pre(metadata: Metadata) -> str:
    """The name of the pre-tokenizer, where it is missing or empty with a warning."""
    if read_text(metadata, keys.MODEL) == "gemma4":
        return "gemma4"
    pre = read_text(metadata, keys.PRE)
    if pre:
        return pre
    logger.warning(
        "%s: key %r is missing: the pre-tokenizer is guessed ('default'), and ids may differ from the model's training",
        metadata.source,
        keys.PRE,
    )
    return "default"
