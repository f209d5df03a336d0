"""Loading: sources, refusals, special ids and flags by the rules of llama.cpp's loader."""

from __future__ import annotations

import pickle

import pytest

from shimmytok import (
    GGUFError,
    LimitError,
    Limits,
    ModelNotFoundError,
    ShimmytokError,
    TokenAttr,
    Tokenizer,
    TokenType,
    UnknownPreTokenizerError,
    UnsupportedModelError,
)
from shimmytok.gguf import ValueType
from shimmytok.gguf.writer import dumps
from shimmytok.vocab import Flags

CONTROL, USER_DEFINED = 3, 4


def strings(items):
    return ValueType.ARRAY, (ValueType.STRING, list(items))


def ints(items):
    return ValueType.ARRAY, (ValueType.INT32, list(items))


def gguf(**changes):
    """A small BPE vocabulary; `changes` replace keys (`general.name` as `general__name`), None leaves one out."""
    entries = {
        "model": (ValueType.STRING, "gpt2"),
        "pre": (ValueType.STRING, "gpt-2"),
        "tokens": strings("abc"),
        "merges": strings([]),
    }
    entries.update(changes)
    return dumps(
        [
            (key.replace("__", ".") if "__" in key else f"tokenizer.ggml.{key}", *value)
            for key, value in entries.items()
            if value is not None
        ]
    )


def load(**changes):
    return Tokenizer.from_bytes(gguf(**changes))


# --- sources ---


def test_names_and_paths(tmp_path, gpt2):
    assert Tokenizer.from_pretrained(gpt2.metadata.source) == gpt2
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf())
    assert Tokenizer.from_pretrained(path).encode("a") == Tokenizer.from_pretrained(str(path)).encode("a") == [0]
    with pytest.raises(ModelNotFoundError, match="nosuch"):
        Tokenizer.from_pretrained("nosuch")
    with pytest.raises(ModelNotFoundError, match="nosuch"):
        Tokenizer.from_gguf_file(tmp_path / "nosuch.gguf")
    with pytest.raises(FileNotFoundError):
        Tokenizer.from_gguf_file("nosuch.gguf")


def test_any_part_of_a_split_model(tmp_path):
    first = gguf(split__no=(ValueType.UINT16, 0), split__count=(ValueType.UINT16, 3))
    later = dumps([("split.no", ValueType.UINT16, 2), ("split.count", ValueType.UINT16, 3)])
    (tmp_path / "m-00003-of-00003.gguf").write_bytes(later)
    with pytest.raises(ModelNotFoundError, match=r"m-00001-of-00003\.gguf"):
        Tokenizer.from_gguf_file(tmp_path / "m-00003-of-00003.gguf")
    (tmp_path / "m-00001-of-00003.gguf").write_bytes(first)
    assert Tokenizer.from_gguf_file(tmp_path / "m-00003-of-00003.gguf").encode("b") == [1]
    (tmp_path / "renamed.gguf").write_bytes(later)
    with pytest.raises(GGUFError, match=r"tokenizer\.ggml\.model"):
        Tokenizer.from_gguf_file(tmp_path / "renamed.gguf")


def test_overrides_and_limits(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf())
    tok = Tokenizer.from_gguf_file(
        path, overrides={"tokenizer.ggml.bos_token_id": 2, "tokenizer.ggml.add_bos_token": True}
    )
    assert tok.encode("a") == [2, 0]
    assert pickle.loads(pickle.dumps(tok)).encode("a") == [2, 0]
    with pytest.raises(LimitError, match="max_keys"):
        Tokenizer.from_gguf_file(path, limits=Limits(max_keys=2))


def test_the_file_may_go_once_it_is_loaded(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf())
    tok = Tokenizer.from_gguf_file(path)
    path.unlink()
    assert tok.encode("abc") == [0, 1, 2] and tok.decode([0, 1, 2]) == "abc"
    assert tok.metadata["tokenizer.ggml.tokens"] == ["a", "b", "c"]
    assert pickle.loads(pickle.dumps(tok)) == tok


def test_pickle_keeps_merges_and_metadata():
    merges = ["a b", "ab c", "x y", "a b", "Ġ a"]
    tok = load(
        tokens=strings(["a", "b", "c", "ab", "<|eot_id|>"]),
        merges=strings(merges),
        token_type=ints([1, 1, 1, 1, CONTROL]),
        scores=(ValueType.ARRAY, (ValueType.FLOAT32, [0.5, 1, 2, 3, -4])),
        general__name=(ValueType.STRING, "small"),
        tokenizer__chat_template=(ValueType.STRING, "{{ messages }}"),
    )
    other = pickle.loads(pickle.dumps(tok))
    assert other == tok and hash(other) == hash(tok) and other.chat_template == tok.chat_template == "{{ messages }}"
    assert other.encode("abcab") == tok.encode("abcab")
    assert [other.token_score(i) for i in range(5)] == [0.5, 1, 2, 3, -4]
    assert load(merges=strings(["a b"])) != load(merges=strings(["b a"]))


# --- refusals ---


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"model": None}, GGUFError, r"tokenizer\.ggml\.model"),
        ({"model": (ValueType.UINT32, 1)}, GGUFError, r"tokenizer\.ggml\.model.*STRING"),
        ({"model": (ValueType.STRING, "nosuch")}, UnsupportedModelError, "nosuch.*gpt2"),
        ({"pre": (ValueType.STRING, "nosuch")}, UnknownPreTokenizerError, "nosuch.*llama-bpe"),
        ({"pre": (ValueType.BOOL, True)}, GGUFError, r"tokenizer\.ggml\.pre"),
        ({"tokens": None}, GGUFError, r"tokenizer\.ggml\.tokens"),
        ({"tokens": ints([1])}, GGUFError, r"tokenizer\.ggml\.tokens"),
        ({"merges": None}, GGUFError, r"tokenizer\.ggml\.merges"),
        ({"merges": ints([1])}, GGUFError, r"tokenizer\.ggml\.merges"),
        ({"token_type": ints([1])}, GGUFError, "1 values for 3 tokens"),
        ({"token_type": strings("abc")}, GGUFError, r"tokenizer\.ggml\.token_type"),
        ({"scores": ints([1])}, GGUFError, "1 values for 3 tokens"),
        ({"add_bos_token": (ValueType.UINT32, 1)}, GGUFError, "add_bos_token.*BOOL"),
        ({"bos_token_id": (ValueType.INT32, 1)}, GGUFError, "bos_token_id.*UINT32"),
        ({"suppress_tokens": strings("a")}, GGUFError, "suppress_tokens"),
        ({"general__name": (ValueType.STRING, "My-Phi-3")}, GGUFError, "'</s>'"),
    ],
)
def test_refusals_name_the_key(changes, error, message):
    with pytest.raises(error, match=message) as caught:
        load(**changes)
    assert isinstance(caught.value, ShimmytokError)


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        ("model", UnsupportedModelError, "<bytes>: tokenizer model 'xxx"),
        ("pre", UnknownPreTokenizerError, "<bytes>: unknown pre-tokenizer 'xxx"),
    ],
)
@pytest.mark.parametrize("value", [b"x" * 1_000_000, b"xxx" + b"\xff\n" * 500_000], ids=["long", "no text"])
def test_refusals_name_the_file_and_are_short(key, error, message, value):
    with pytest.raises(error) as caught:
        load(**{key: (ValueType.STRING, value)})
    assert str(caught.value).startswith(message) and "..." in str(caught.value)
    assert len(str(caught.value)) < 5000 and str(caught.value).isprintable()


def test_what_is_no_gguf_file(tmp_path):
    for data in (b"", b"GG", b"hello world, this is text", b"GGUF" + b"\xff" * 40):
        with pytest.raises(GGUFError, match="<bytes>"):
            Tokenizer.from_bytes(data)
    with pytest.raises(GGUFError):
        Tokenizer.from_gguf_file(tmp_path)


# --- ids, attributes, flags ---


def test_ids_by_key_by_default_and_out_of_range(caplog):
    tok = load(tokens=strings("abcdefghijklm"), eos_token_id=(ValueType.UINT32, 3), sep_token_id=(ValueType.UINT32, 1))
    assert (tok.bos_token_id, tok.eos_token_id, tok.sep_token_id, tok.unk_token_id) == (11, 3, None, None)
    tok = load(tokens=strings("abcdefghijklm"), eos_token_id=(ValueType.UINT32, 13))
    assert tok.eos_token_id == 11 and "eos_token_id = 13" in caplog.text
    tok = load(
        fim_pre_token_id=(ValueType.UINT32, 1),
        prefix_token_id=(ValueType.UINT32, 2),
        suffix_token_id=(ValueType.UINT32, 0),
    )
    assert (tok.fim_pre_token_id, tok.fim_suf_token_id) == (2, 0)


def test_ids_found_by_text():
    tok = load(
        tokens=strings(["<PAD>", "<|im_end|>", "<|eot_id|>", "<fim_prefix>", "</s>", "a", "<|unused1|>"]),
        token_type=ints([1, 1, 1, USER_DEFINED, 1, 1, CONTROL]),
    )
    assert (tok.eot_token_id, tok.fim_pre_token_id, tok.fim_pad_token_id) == (2, 3, 0), "first in the reference's list"
    assert tok.eog_token_ids == {0, 1, 2, 4}
    assert tok.is_eog(1) and not tok.is_eog(5)
    assert tok.token_attr(3) == TokenAttr.USER_DEFINED | TokenAttr.CONTROL
    assert tok.token_type(3) is TokenType.USER_DEFINED
    assert tok.token_attr(6) == TokenAttr.CONTROL | TokenAttr.UNUSED
    assert tok.is_special_token(4) and not tok.is_special_token(5)


@pytest.mark.parametrize("strange", [257, -255, -(1 << 31)])
def test_types_of_more_than_a_byte_are_none_that_there_is(strange):
    tok = load(tokens=strings("abc"), token_type=ints([1, strange, CONTROL]))
    assert [tok.token_type(i) for i in range(3)] == [TokenType.NORMAL, TokenType.UNDEFINED, TokenType.CONTROL]
    assert tok.token_attr(1) == TokenAttr.UNDEFINED
    assert pickle.loads(pickle.dumps(tok)).token_type(1) is TokenType.UNDEFINED


def test_harmony_tokens():
    texts = ["<|end|>", "<|return|>", "<|call|>", "<|start|>", "<|channel|>", "x"]
    tok = load(tokens=strings(texts), token_type=ints([CONTROL] * 5 + [1]), pre=(ValueType.STRING, "gpt-4o"))
    assert tok.eog_token_ids == {1, 2}
    assert [int(tok.token_attr(i)) for i in (0, 3, 4)] == [TokenAttr.USER_DEFINED] * 3
    assert tok.encode("<|start|>x<|end|>") == [3, 5, 0]


def test_tokens_that_strip_white_space():
    texts = ["<mask>", "a", "Ġ"]
    tok = load(tokens=strings(texts), token_type=ints([CONTROL, 1, 1]), pre=(ValueType.STRING, "jina-v2-de"))
    assert tok.token_attr(0) & TokenAttr.LSTRIP
    assert tok.encode("a  <mask>  a", parse_special=True) == [1, 0, 2, 2, 1]
    phi = ["<unk>", "<s>", "</s>", "<|endoftext|>", "<|user|>", "▁", "a", "<0x0A>"]
    tok = load(
        model=(ValueType.STRING, "llama"),
        pre=None,
        merges=None,
        tokens=strings(phi),
        token_type=ints([2, CONTROL, 1, CONTROL, CONTROL, 1, 1, 6]),
        general__name=(ValueType.STRING, "Phi3 mini"),
        add_space_prefix=(ValueType.BOOL, False),
    )
    assert [bool(tok.token_attr(i) & TokenAttr.RSTRIP) for i in range(5)] == [False, False, True, False, True]
    assert tok.encode("a<|user|>\n \na", False, parse_special=True) == [6, 4, 6]
    assert tok.nl_token_id == 7


def test_repr_and_length(gpt2):
    assert repr(gpt2).startswith("<Tokenizer gpt2/gpt-2, 50257 tokens, ")
    assert len(gpt2) == gpt2.vocab_size == 50257
    assert (gpt2.n_ctx_train, gpt2.add_bos, gpt2.add_eos, gpt2.add_sep, gpt2.add_space_prefix) == (1024, *[False] * 4)
    assert gpt2.nl_token_id == 198
    assert gpt2.eog_token_ids == {50256}
    assert gpt2.fingerprint == Tokenizer.from_pretrained("gpt2").fingerprint and len(gpt2.fingerprint) == 64


def test_a_flag_that_there_is_not():
    assert dict(Flags(add_bos=True).items()) == dict(Flags().items()) | {"add_bos": True}
    for name in ("add_bros", "items"):
        with pytest.raises(TypeError, match=f"there is no flag '{name}'"):
            Flags(**{name: True})
