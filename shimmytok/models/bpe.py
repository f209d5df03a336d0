"""Models "gpt2" and "gemma4": byte pair encoding by merge ranks, over bytes or over raw UTF-8.

Everything that differs between families is in the `pre` (pretokenizers/patterns.py).
"""

from __future__ import annotations

from collections.abc import Callable

from shimmytok._vocab import TokenTable
from shimmytok._word_cache import WordCache
from shimmytok.errors import GGUFError, UnknownPreTokenizerError
from shimmytok.gguf import Metadata, keys
from shimmytok.log import warn
from shimmytok.models._bpe import BpeModel
from shimmytok.models._bpe_tables import BpeTableSet
from shimmytok.models._model import Model
from shimmytok.models.ends import around
from shimmytok.models.parts import Parts
from shimmytok.piece_rules import PieceRule
from shimmytok.pretokenizers.patterns import PRE, PRE_OF_MODEL
from shimmytok.pretokenizers.splitters import splitter
from shimmytok.vocab import Flags, Vocab, read_text, read_vocab


def load(metadata: Metadata, cache: WordCache) -> Parts:
    """Read a vocabulary and build its tables; UnknownPreTokenizerError for an unknown `pre`."""
    return load_over(metadata, cache, lambda vocab, table_set: BpeModel(table_set))


def load_over(
    metadata: Metadata,
    cache: WordCache,
    make_model: Callable[[Vocab, BpeTableSet], Model],
    id_texts_of: Callable[[TokenTable], TokenTable] | None = None,
) -> Parts:
    """The same for a model that does something of its own with the tables; `id_texts_of` is for `read_vocab`."""
    pre = pre_name(metadata)
    try:
        split = splitter(pre)
    except UnknownPreTokenizerError as error:
        raise UnknownPreTokenizerError(f"{metadata.source}: {error}") from None
    rules = PRE[pre]
    merges = metadata.strings(keys.MERGES)
    if merges is None and not rules.may_lack_merges:
        raise GGUFError("there are no merges", path=metadata.source, key=keys.MERGES)
    flags = Flags(
        add_bos=rules.add_bos,
        add_sep=rules.add_sep,
        clean_spaces=rules.clean_spaces,
        escape_whitespaces=rules.escape_whitespaces,
        lowercase=rules.lowercase,
    )
    defaults = {} if read_text(metadata, keys.MODEL) in PRE_OF_MODEL else {"bos": 11, "eos": 11}
    if not rules.default_bos:
        defaults.pop("bos", None)
    vocab = read_vocab(metadata, flags, defaults, id_texts_of)
    if rules.force_add_bos and not flags.add_bos:
        warn("%s: %s is false, but pre %r always adds BOS", metadata.source, keys.ADD_BOS, pre)
        flags.add_bos = True
    table_set = BpeTableSet(
        vocab.texts,
        merges,
        split,
        byte_level=rules.byte_encode,
        ignore_merges=rules.ignore_merges,
        whole_newline_runs=rules.whole_newline_runs,
        escape_spaces=rules.escape_whitespaces,
        cache=cache,
    )
    prefix, suffix = around(metadata, vocab)
    return Parts(
        vocab,
        len(vocab.texts),
        make_model(vocab, table_set),
        piece_rule=PieceRule.SPACES_ESCAPED if rules.escape_whitespaces else PieceRule.BYTE_LEVEL,
        prefix=prefix,
        suffix=suffix,
        newline_is_encoded=True,
        merges=table_set,
    )


def pre_name(metadata: Metadata) -> str:
    """The name of the pre-tokenizer, where it is missing or empty with a warning."""
    pre = PRE_OF_MODEL.get(read_text(metadata, keys.MODEL) or "") or read_text(metadata, keys.PRE)
    if pre:
        return pre
    warn(
        "%s: key %r is missing: the pre-tokenizer is guessed ('default'), and ids may differ from the model's training",
        metadata.source,
        keys.PRE,
    )
    return "default"
