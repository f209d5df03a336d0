"""What the other libraries load: each form holds the vocabulary, and libraries that are installed give the same ids."""

from __future__ import annotations

import base64
import json
import struct
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from shimmytok import Tokenizer, TokenType
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps

NORMAL, CONTROL, UNKNOWN, BYTE = TokenType.NORMAL, TokenType.CONTROL, TokenType.UNKNOWN, TokenType.BYTE
WORDS = [
    "▁",
    "h",
    "e",
    "l",
    "o",
    "w",
    "r",
    "d",
    "he",
    "ll",
    "llo",
    "hello",
    "▁w",
    "▁h",
    "▁hello",
    "or",
    "orld",
    "▁world",
]
LETTERS = [chr(letter) for letter in range(97, 123)]
TEXTS = ["hello world", "held", "hello  hello", "world", "he or hello", "lol wow"]


def array(kind, values):
    return ValueType.ARRAY, (kind, list(values))


def vocabulary(model, tokens, **more):
    """A GGUF file; `tokens`: (text, score, type)."""
    texts, scores, types = zip(*tokens, strict=True)
    entries = {
        "model": (ValueType.STRING, model),
        "tokens": array(ValueType.STRING, texts),
        "scores": array(ValueType.FLOAT32, scores),
        "token_type": array(ValueType.INT32, map(int, types)),
        **more,
    }
    return dumps([(f"tokenizer.ggml.{key}", *value) for key, value in entries.items()])


def pieces():
    """Words by their length, the longest best; different scores, so that no rule about ties matters."""
    return [(word, len(word) - 10 - i / 64, NORMAL) for i, word in enumerate(WORDS)]


def spm():
    first = [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)]
    some_bytes = [(f"<0x{byte:02X}>", 0.0, BYTE) for byte in range(256)]
    return vocabulary("llama", [*first, *some_bytes, *pieces()])


def unigram():
    prefix = {"add_space_prefix": (ValueType.BOOL, True)}
    first = [("<pad>", 0.0, CONTROL), ("</s>", 0.0, CONTROL), ("<unk>", 0.0, UNKNOWN)]
    return vocabulary("t5", [*first, *pieces()], **prefix)


def wordpiece():
    ids = {"unknown_token_id": (ValueType.UINT32, 0), "bos_token_id": (ValueType.UINT32, 1)}
    ids["seperator_token_id"] = (ValueType.UINT32, 2)
    specials = [("[UNK]", 0.0, CONTROL), ("[CLS]", 0.0, CONTROL), ("[SEP]", 0.0, CONTROL)]
    words = [*LETTERS, *("▁" + letter for letter in LETTERS), "▁hello", "▁he", "llo", "▁wor", "ld"]
    return vocabulary("bert", [*specials, *((word, 0.0, NORMAL) for word in words)], **ids)


def fields(data):
    """The fields of a protocol buffer: (number, value), values of wire types 0, 2 and 5."""

    def varint(at):
        value = shift = 0
        while True:
            value |= (data[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if data[at - 1] < 128:
                return value, at

    at, found = 0, []
    while at < len(data):
        tag, at = varint(at)
        if tag & 7 == 5:
            value, at = struct.unpack_from("<f", data, at)[0], at + 4
        else:
            value, at = varint(at)
            if tag & 7 == 2:
                at, value = at + value, data[at : at + value]
        found.append((tag >> 3, value))
    return found


@pytest.fixture
def converted(peers_module, tmp_path):
    """Convert a file: (its tokenizer, its forms)."""

    def converted(data):
        (tmp_path / "vocabulary.gguf").write_bytes(data)
        forms = peers_module("convert").convert(tmp_path / "vocabulary.gguf", tmp_path)
        return Tokenizer.from_bytes(data), forms

    return converted


@pytest.mark.parametrize(("make", "kind"), [(spm, 2), (unigram, 1)])
def test_the_model_proto_holds_every_token(converted, make, kind):
    tok, forms = converted(make())
    message = fields(Path(forms["sp.model"]).read_bytes())
    tokens = [dict(fields(value)) for number, value in message if number == 1]
    assert [token[1].decode() for token in tokens] == tok.metadata["tokenizer.ggml.tokens"]
    assert [token[2] for token in tokens] == tok.metadata["tokenizer.ggml.scores"]
    assert [token[3] for token in tokens] == tok.metadata["tokenizer.ggml.token_type"]
    (trainer,) = (dict(fields(value)) for number, value in message if number == 2)
    (normalizer,) = (dict(fields(value)) for number, value in message if number == 3)
    assert trainer[3] == kind and trainer[4] == len(tok) and trainer[40] == tok.unk_token_id
    assert normalizer[3] == tok.add_space_prefix


def test_merges_make_every_token_that_merging_can_reach(converted):
    _, forms = converted(spm())
    model = json.loads(Path(forms["tokenizer.json"]).read_bytes())["model"]
    scores = {word: score for word, score, _ in pieces()}
    made = [left + right for left, right in model["merges"]]
    reachable = {word for word in scores if any(word[:k] in scores and word[k:] in scores for k in range(1, len(word)))}
    assert set(made) == reachable and "hello" in reachable and "orld" not in reachable
    assert [scores[word] for word in made] == sorted((scores[word] for word in made), reverse=True)


def test_ranks_are_the_bytes_of_the_tokens(peers_module, tmp_path, gpt2):
    with as_file(files("shimmytok") / "data" / "gpt2.gguf") as path:
        forms = peers_module("convert").convert(path, tmp_path)
    lines = (line.split() for line in Path(forms["ranks.tiktoken"]).read_bytes().splitlines())
    ranks = {int(rank): base64.b64decode(token) for token, rank in lines}
    assert ranks == {i: gpt2.token_to_piece(i) for i in range(len(gpt2) - 1)}
    assert forms["pattern"].endswith(r"|\s+(?!\S)|\s+")


def test_a_vocabulary_of_raw_utf_8_has_no_form(converted):
    data = vocabulary(
        "gpt2", pieces(), pre=(ValueType.STRING, "sarvam-moe"), merges=array(ValueType.STRING, ["h e", "l l"])
    )
    _, forms = converted(data)
    assert list(forms) == ["gguf"]


@pytest.mark.parametrize("make", [spm, unigram, wordpiece])
def test_tokenizers_gives_the_same_ids(converted, make):
    tokenizers = pytest.importorskip("tokenizers")
    tok, forms = converted(make())
    other = tokenizers.Tokenizer.from_file(forms["tokenizer.json"])
    for text in TEXTS:
        assert other.encode(text, add_special_tokens=False).ids == tok.encode(text, False)


@pytest.mark.parametrize("make", [spm, unigram])
def test_sentencepiece_gives_the_same_ids(converted, make):
    sentencepiece = pytest.importorskip("sentencepiece")
    tok, forms = converted(make())
    other = sentencepiece.SentencePieceProcessor(model_file=forms["sp.model"])
    for text in TEXTS:
        assert other.encode(text) == tok.encode(text, False)
