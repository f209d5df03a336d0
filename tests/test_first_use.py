"""What a tokenizer makes when it is first asked for it may be asked for by many threads at once."""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from shimmytok import Tokenizer

N_THREADS = 4
N_TOKENIZERS = 3
TEXT = "First use, été 123: 我们 😀\n" * 5

QUESTIONS: dict[str, Callable[[Tokenizer], object]] = {
    "decode": lambda tok: tok.decode(range(len(tok))),
    "decode_single": lambda tok: [tok.decode_single(i) for i in range(0, len(tok), 97)],
    "encode": lambda tok: tok.encode(TEXT),
    "encode_to_numpy": lambda tok: tok.encode_to_numpy(TEXT).tolist(),
    "encode_batch": lambda tok: tok.encode_batch([TEXT] * 4, num_threads=2),
    "fingerprint": lambda tok: tok.fingerprint,
    "hash": hash,
    "in": lambda tok: [text in tok for text in ("\u0120the", "no token at all")],
    "metadata": lambda tok: {key: str(tok.metadata[key])[:100] for key in tok.metadata},
    "pickle": pickle.dumps,
    "special": lambda tok: tok.encode("<|endoftext|>" + TEXT, parse_special=True),
    "token_to_id": lambda tok: tok.token_to_id("\u0120the"),
    "stream": lambda tok: [tok.stream_decoder().step(i) for i in range(0, len(tok), 1009)],
}


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns as often as they can, where they have to take turns."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def asked_at_once(tok: Tokenizer, questions: list[Callable[[Tokenizer], object]]) -> list[object]:
    """The answers of as many threads, which begin together."""
    barrier = threading.Barrier(len(questions))
    answers: list[object] = [None] * len(questions)

    def ask(i: int) -> None:
        barrier.wait()
        try:
            answers[i] = questions[i](tok)
        except Exception as error:
            answers[i] = error

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(questions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize("name", QUESTIONS)
def test_one_question_first(gpt2, hurried, name):
    expected = QUESTIONS[name](gpt2)
    content = pickle.dumps(gpt2)
    for _ in range(N_TOKENIZERS):
        assert asked_at_once(pickle.loads(content), [QUESTIONS[name]] * N_THREADS) == [expected] * N_THREADS


def test_all_questions_first(gpt2, hurried):
    expected = [question(gpt2) for question in QUESTIONS.values()]
    content = pickle.dumps(gpt2)
    for _ in range(N_TOKENIZERS):
        assert asked_at_once(pickle.loads(content), [*QUESTIONS.values()]) == expected


def test_loading_at_once(gpt2, hurried):
    load = [lambda _: Tokenizer.from_pretrained("gpt2").encode(TEXT)] * N_THREADS
    assert asked_at_once(gpt2, load) == [gpt2.encode(TEXT)] * N_THREADS
