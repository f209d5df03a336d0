"""Rules about single keys: model, pre, special ids, flags, chat template, sizes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shimmytok.check.findings import Finding, finding
from shimmytok.check.subject import BPE_MODELS, WITHOUT_TOKENIZER, Subject
from shimmytok.gguf import keys
from shimmytok.models import MODELS
from shimmytok.pretokenizers.patterns import PRE, PRE_OF_MODEL
from shimmytok.shown import shown
from shimmytok.special_ids import ID_KEYS

_WITH_PRE = tuple(model for model in BPE_MODELS if model not in PRE_OF_MODEL)
_BOS_VARIABLE = re.compile(r"\bbos_token\b")


def model_and_pre(subject: Subject) -> Iterator[Finding]:
    """`tokenizer.ggml.model` and `tokenizer.ggml.pre`."""
    model, pre = subject.model, subject.text(keys.PRE)
    if model is None:
        if keys.MODEL not in subject.metadata:
            yield finding("model-missing", f"there is no key {keys.MODEL!r}")
        return
    if model not in MODELS:
        yield finding("model-unknown", f"{keys.MODEL} is {_quoted(model)}")
    elif model in _WITH_PRE:
        if not pre:
            yield finding("pre-missing", f"there is no key {keys.PRE!r}, or it is empty")
        elif pre not in PRE:
            yield finding("pre-unknown", f"{keys.PRE} is {_quoted(pre)}")
    elif pre and pre != "default":
        yield finding("pre-ignored", f"{keys.PRE} is {_quoted(pre)}, but model {_quoted(model)} does not read it")


def special_ids(subject: Subject) -> Iterator[Finding]:
    """The ids of special tokens, and what the flags want of them."""
    n_tokens = len(subject.tokens)
    if not n_tokens:
        return
    for key in dict.fromkeys(key for _, key in ID_KEYS):
        value = subject.u32(key)
        if value is not None and value >= n_tokens:
            yield finding("id-out-of-range", f"{key} is {value}, but there are {n_tokens} tokens")
    tok = subject.tokenizer
    if tok is None:
        return
    if tok.add_bos and tok.bos_token_id is None:
        yield finding("bos-absent", "a BOS is to be added to texts, but there is no such token")
    if tok.add_eos and tok.eos_token_id is None:
        yield finding("eos-absent", "an EOS is to be added to texts, but there is no such token")
    elif tok.eos_token_id is None and not tok.eog_token_ids and tok.model_type != "bert":
        yield finding("eos-missing", "there is neither an EOS nor another token that ends the generation")
    if tok.eos_token_id is not None and not tok.is_eog(tok.eos_token_id):
        text = tok._parts.vocab.texts[tok.eos_token_id]
        yield finding("eos-not-eog", f"EOS, {tok.eos_token_id} {shown(text)}, does not end the generation")


def chat_template(subject: Subject) -> Iterator[Finding]:
    """Is there a chat template, and does it write the BOS that is added as well?"""
    tok = subject.tokenizer
    template = subject.text(keys.CHAT_TEMPLATE)
    if template is None:
        if subject.model not in (None, "bert", *WITHOUT_TOKENIZER) and keys.CHAT_TEMPLATE not in subject.metadata:
            yield finding("chat-template-missing", f"there is no key {keys.CHAT_TEMPLATE!r}")
        return
    if tok is None or not tok.add_bos or tok.bos_token_id is None:
        return
    text = tok.id_to_token(tok.bos_token_id)
    if _BOS_VARIABLE.search(template) or text in template:
        yield finding("bos-double", f"the chat template writes {_quoted(text)}, and add_bos puts one before a text too")


def vocab_size(subject: Subject) -> Iterator[Finding]:
    """The size of the vocabulary, as the metadata have it beside the tokens."""
    architecture = subject.text(keys.ARCHITECTURE)
    if architecture is None or subject.model in WITHOUT_TOKENIZER or not subject.tokens:
        return
    key = keys.vocab_size(architecture)
    size = subject.u32(key)
    if size is not None and size != len(subject.tokens):
        yield finding("vocab-size-differs", f"{key} is {size}, but there are {len(subject.tokens)} tokens")


def _quoted(text: str) -> str:
    return shown(text.encode("utf-8", "surrogateescape"))
