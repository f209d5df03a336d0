"""What the other libraries load, made out of a GGUF file; nothing here is timed.

tokenizer.json   Hugging Face's form: BPE over bytes, SentencePiece-style BPE, unigram, WordPiece
ranks.tiktoken   tiktoken's form: each token and its rank; BPE over bytes with one regex only
sp.model         SentencePiece's form: a ModelProto; SentencePiece-style BPE and unigram

Control tokens are in no form: the texts are plain text, in which llama.cpp finds no control token either. Normalizers
that llama.cpp does not run are left out. What a form cannot say is not written, so that some libraries get none.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shimmytok import Tokenizer, TokenType
from shimmytok.gguf import keys
from shimmytok.pretokenizers.pattern_lists import CONTRACTIONS, GPT2_REGEX
from shimmytok.pretokenizers.patterns import DEFAULT, PRE

SPACE = "\u2581"
# llama.cpp writes regexes out for an engine that has no (?i:); libraries know them by their published texts.
FOLDED_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
PUBLISHED_GPT2 = GPT2_REGEX + r"|\s+"
# The same languages as tiktoken's own files have them, with possessive quantifiers, which its engine runs faster.
_WORDS = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|"
_OTHERS = r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
_PLAIN_WORDS = FOLDED_CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|"
_PLAIN_OTHERS = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
POSSESSIVE = {
    PUBLISHED_GPT2: r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s",
    _PLAIN_WORDS + r"\p{N}{1,3}" + _PLAIN_OTHERS: _WORDS + r"\p{N}{1,3}+" + _OTHERS,
    _PLAIN_WORDS + r"\p{N}" + _PLAIN_OTHERS: _WORDS + r"\p{N}" + _OTHERS,
}
Forms = dict[str, Any]


def convert(gguf: Path, folder: Path) -> Forms:
    """Write all forms of a vocabulary that there are; their paths, and the regexes that go with the ranks."""
    tok = Tokenizer.from_gguf_file(gguf)
    forms: Forms = {"gguf": str(gguf)}
    maker = MAKERS.get(tok.model_type)
    for name, value in maker(tok) if maker else ():
        if isinstance(value, bytes):
            (folder / name).write_bytes(value)
            value = str(folder / name)
        forms[name] = value
    return forms


def byte_level(tok: Tokenizer) -> Iterator[tuple[str, Any]]:
    """BPE over bytes, whatever the regexes are."""
    pre = DEFAULT if tok.pre_type is None else PRE[tok.pre_type]
    if not pre.byte_encode or pre.escape_whitespaces:
        return
    patterns = [
        PUBLISHED_GPT2 if p == GPT2_REGEX else p.replace(CONTRACTIONS, FOLDED_CONTRACTIONS) for p in pre.patterns
    ]
    builtin = patterns == [PUBLISHED_GPT2]  # ByteLevel brings this one along
    splits = [] if builtin else [split_at(pattern) for pattern in patterns]
    types, tokens = token_types(tok), tok.metadata[keys.TOKENS]
    model = {
        "type": "BPE",
        "ignore_merges": pre.ignore_merges,
        "vocab": {text: i for i, text in enumerate(tokens) if types[i] != TokenType.USER_DEFINED},
        "merges": [line.split(" ", 1) for line in tok.metadata.get(keys.MERGES, ())],
    }
    bytes_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": builtin}
    yield "tokenizer.json", tokenizer_json(tok, model, pre_tokenizer=sequence("pretokenizers", [*splits, bytes_level]))
    if len(patterns) == 1:
        normal = (i for i in range(len(tokens)) if types[i] == TokenType.NORMAL)
        ranks = (b"%s %d\n" % (base64.b64encode(tok.token_to_piece(i)), i) for i in normal)
        yield "ranks.tiktoken", b"".join(ranks)
        yield "pattern", patterns[0]
        yield "possessive_pattern", POSSESSIVE.get(patterns[0], patterns[0])


def published(pattern: str) -> str:
    return PUBLISHED_GPT2 if pattern == GPT2_REGEX else pattern.replace(CONTRACTIONS, FOLDED_CONTRACTIONS)


def spm(tok: Tokenizer) -> Iterator[tuple[str, Any]]:
    """SentencePiece-style BPE: the scores become a list of merges, each way to make a token from two others."""
    types, tokens, scores = token_types(tok), tok.metadata[keys.TOKENS], token_scores(tok)
    ids = {text: i for i, text in enumerate(tokens)}
    made = [i for i in ids.values() if types[i] in (TokenType.NORMAL, TokenType.USER_DEFINED)]
    merges = []
    for i in sorted(made, key=lambda i: -scores[i]):
        text = tokens[i]
        halves = [(text[:k], text[k:]) for k in range(1, len(text)) if text[:k] in ids and text[k:] in ids]
        merges += sorted(halves, key=lambda pair: (ids[pair[0]], ids[pair[1]]))
    model = {
        "type": "BPE",
        "unk_token": tokens[tok.unk_token_id or 0],
        "fuse_unk": True,
        "byte_fallback": True,
        "vocab": ids,
        "merges": merges,
    }
    prefix = [{"type": "Prepend", "prepend": SPACE}] if tok.add_space_prefix else []
    normalizer = sequence("normalizers", [*prefix, replace({"String": " "}, SPACE)])
    decoders = [replace({"String": SPACE}, " "), {"type": "ByteFallback"}, {"type": "Fuse"}]
    yield "tokenizer.json", tokenizer_json(tok, model, normalizer=normalizer, decoder=sequence("decoders", decoders))
    yield "sp.model", model_proto(tok, model_type=2, charsmap=b"", one_space=False)


def unigram(tok: Tokenizer) -> Iterator[tuple[str, Any]]:
    """SentencePiece's unigram model."""
    charsmap = bytes(byte & 255 for byte in tok.metadata.get(keys.PRECOMPILED_CHARSMAP, ()))
    one_space = bool(tok.metadata.get(keys.REMOVE_EXTRA_WHITESPACES, False))
    encoded = base64.b64encode(charsmap).decode()
    normalizers: list[dict[str, Any]] = [{"type": "Precompiled", "precompiled_charsmap": encoded}] if charsmap else []
    if one_space:
        normalizers += [{"type": "Strip", "strip_left": True, "strip_right": True}, replace({"Regex": " {2,}"}, " ")]
    model = {
        "type": "Unigram",
        "unk_id": tok.unk_token_id or 0,
        "byte_fallback": False,
        "vocab": list(zip(tok.metadata[keys.TOKENS], token_scores(tok), strict=True)),
    }
    scheme = "always" if tok.add_space_prefix else "never"
    spaces = {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": scheme, "split": True}
    normalizer = sequence("normalizers", normalizers) if normalizers else None
    yield "tokenizer.json", tokenizer_json(tok, model, normalizer=normalizer, pre_tokenizer=spaces, decoder=spaces)
    yield "sp.model", model_proto(tok, model_type=1, charsmap=charsmap, one_space=one_space)


def wordpiece(tok: Tokenizer) -> Iterator[tuple[str, Any]]:
    """WordPiece: GGUF marks what begins a word, this form marks what does not."""
    types, vocab = token_types(tok), {}
    for i, text in enumerate(tok.metadata[keys.TOKENS]):
        marked = types[i] not in (TokenType.CONTROL, TokenType.USER_DEFINED)
        vocab[(text[1:] if text.startswith(SPACE) else "##" + text) if marked else text] = i
    unknown = tok.metadata[keys.TOKENS][tok.unk_token_id or 0]
    model = {"type": "WordPiece", "unk_token": unknown, "continuing_subword_prefix": "##", "vocab": vocab}
    model["max_input_chars_per_word"] = 100
    lowercase = bool(tok.metadata.get(keys.NORMALIZER_LOWERCASE, True))
    normalizer = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "lowercase": lowercase}
    normalizer["strip_accents"] = bool(tok.metadata.get(keys.NORMALIZER_STRIP_ACCENTS, lowercase))
    pre_tokenizer = {"type": "BertPreTokenizer"}
    yield "tokenizer.json", tokenizer_json(tok, model, normalizer=normalizer, pre_tokenizer=pre_tokenizer)


MAKERS: dict[str, Callable[[Tokenizer], Iterator[tuple[str, Any]]]] = {
    "gpt2": byte_level,
    "llama": spm,
    "t5": unigram,
    "bert": wordpiece,
}


def token_types(tok: Tokenizer) -> list[int]:
    given: list[int] | None = tok.metadata.get(keys.TOKEN_TYPE)
    return [int(TokenType.NORMAL)] * tok.vocab_size if given is None else given


def token_scores(tok: Tokenizer) -> list[float]:
    given: list[float] | None = tok.metadata.get(keys.SCORES)
    return [0.0] * tok.vocab_size if given is None else given


def as_bytes(token: str) -> bytes:
    """A token's bytes as the file has them."""
    return token.encode("utf-8", "surrogateescape")


def split_at(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def replace(pattern: dict[str, str], content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": content}


def sequence(key: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
    return steps[0] if len(steps) == 1 else {"type": "Sequence", key: steps}


def tokenizer_json(tok: Tokenizer, model: dict[str, Any], **parts: Any) -> bytes:
    """The file for a model and the parts around it; user-defined tokens are taken out of a text beforehand."""
    options = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized", "special"), False)
    types, tokens = token_types(tok), tok.metadata[keys.TOKENS]
    added = [{"id": i, "content": tokens[i], **options} for i, t in enumerate(types) if t == TokenType.USER_DEFINED]
    around = dict.fromkeys(("normalizer", "pre_tokenizer", "post_processor", "decoder")) | parts
    whole = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, **around, "model": model}
    return json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace")


def model_proto(tok: Tokenizer, *, model_type: int, charsmap: bytes, one_space: bool) -> bytes:
    """sentencepiece_model.proto: pieces (field 1), TrainerSpec (2), NormalizerSpec (3)."""
    types, tokens, scores = token_types(tok), tok.metadata[keys.TOKENS], token_scores(tok)
    pieces = b"".join(
        field(1, field(1, as_bytes(text)) + b"\x15" + struct.pack("<f", score) + field(3, int(kind)))
        for text, score, kind in zip(tokens, scores, types, strict=True)
    )
    ids = ((40, tok.unk_token_id or 0), (41, tok.bos_token_id), (42, tok.eos_token_id), (43, None))
    trainer = field(3, model_type) + field(4, len(tokens)) + field(35, int(TokenType.BYTE in types))
    trainer += b"".join(field(number, -1 if i is None else i) for number, i in ids)
    trainer += b"".join(field(n + 5, as_bytes(tokens[i])) for n, i in ids if i is not None)
    name = b"nmt_nfkc" if charsmap else b"identity"
    normalizer = field(1, name) + (field(2, charsmap) if charsmap else b"") + field(3, int(tok.add_space_prefix))
    normalizer += field(4, int(one_space)) + field(5, 1)
    return pieces + field(2, trainer) + field(3, normalizer)


def field(number: int, value: int | bytes) -> bytes:
    """A field of a protocol buffer: a varint, or bytes after their length.

    >>> field(1, b"ab"), field(3, 300)
    (b'\\n\\x02ab', b'\\x18\\xac\\x02')
    """
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value & (1 << 64) - 1)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
