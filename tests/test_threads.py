"""The threads that batches are shared out to: they wait for the next batch, but not for ever, and no fork sees them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs Linux, which lists its threads")

# The child of a process whose threads are at work allocates: with glibc it can, with AddressSanitizer it may hang.
needs_memory_that_survives = pytest.mark.skipif(
    "asan" in os.environ.get("LD_PRELOAD", ""),
    reason="AddressSanitizer's memory does not survive a fork between threads",
)

BEGIN = """
import os, signal, time, warnings
import shimmytok
warnings.simplefilter("error")
signal.alarm(60)
tok = shimmytok.Tokenizer.from_pretrained("gpt2")
texts = ["It was a bright cold day in April. " * 200] * 100

def ours():
    return {*os.listdir("/proc/self/task")} - others

def ended():
    # The system lists a thread for a moment after it has ended.
    until = time.monotonic() + 5
    while ours() and time.monotonic() < until:
        time.sleep(0.001)
    return not ours()

def batch():
    ids, offsets = tok.encode_batch_flat(texts, num_threads=2)
    assert ids.tolist() == tok.encode(texts[0]) * 100
    return os.getpid()

others = {*os.listdir("/proc/self/task")}
"""


def run(program):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + program], capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_one_thread_does_one_batch_after_the_other():
    run("""
batch()
thread = ours()
assert len(thread) == 1, thread
for _ in range(20):
    batch()
    assert ours() == thread
    time.sleep(0.002)
""")


def test_a_thread_that_nothing_is_asked_of_ends():
    run("""
batch()
begin = time.monotonic()
while ours():
    assert time.monotonic() - begin < 30
    time.sleep(0.1)
assert time.monotonic() - begin > 1
batch()
""")


def test_a_fork_ends_threads_that_wait():
    """Python warns when a process with several threads forks, and the child has none of them."""
    run("""
for _ in range(5):
    batch()
    assert len(ours()) == 1
    child = os.fork()
    if child == 0:
        others = {*os.listdir("/proc/self/task")}
        batch(); batch()
        grandchild = os.fork()
        if grandchild == 0:
            others = {*os.listdir("/proc/self/task")}
            batch()
            os._exit(0 if len(ours()) == 1 else 1)
        os._exit(os.waitpid(grandchild, 0)[1] != 0)
    assert ended()
    assert os.waitpid(child, 0)[1] == 0
batch()
""")


@needs_memory_that_survives
@pytest.mark.parametrize(
    "how", ["tok.encode_batch(texts, num_threads=2)", "tok.encode_batch_flat(texts, num_threads=2)"]
)
@pytest.mark.parametrize("exits", [True, False])
def test_a_signal_handler_that_forks_in_the_middle_of_a_batch(how, exits):
    """The child has none of the threads: it does not wait for them."""
    run(f"""
children = []
def handler(number, frame):
    child = os.fork()
    if child:
        children.append(child)
    elif {exits}:
        raise SystemExit(3)
    else:
        children.append(None)

signal.signal(signal.SIGALRM, handler)
texts = ["It was a bright cold day in April. " * 2000] * 100
expected = {how}
for _ in range(5):
    signal.setitimer(signal.ITIMER_REAL, 0.004)
    try:
        found = {how}
    except RuntimeError as error:
        assert None in children and "forked" in str(error), error
        os._exit(4)
    except SystemExit:
        os._exit(3)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert all((a == b).all() if hasattr(a, "all") else a == b for a, b in zip(found, expected))
    if None in children:
        os._exit(5)
for child in children:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in (3, 4, 5)
assert len(children) > 2
""")


@needs_memory_that_survives
def test_forks_while_batches_are_encoded():
    run("""
import threading
warnings.simplefilter("default")
stop = threading.Event()

def work():
    while not stop.is_set():
        tok.encode_batch_flat(texts[:20], num_threads=3)

workers = [threading.Thread(target=work) for _ in range(3)]
for worker in workers:
    worker.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        os._exit(0 if batch() == os.getpid() else 1)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
for worker in workers:
    worker.join()
""")


def test_threads_may_run_where_their_caller_may():
    """One that sleeps is woken on another processor than the caller's, and only for that."""
    run("""
def allowed():
    return {thread: os.sched_getaffinity(int(thread)) for thread in ours()}

everywhere = os.sched_getaffinity(0)
batch()
for _ in range(5):
    time.sleep(0.05)
    batch()
    time.sleep(0.05)
    assert [*allowed().values()] == [everywhere]
os.sched_setaffinity(0, {min(everywhere)})
time.sleep(0.05)
batch()
assert [*allowed().values()] == [{min(everywhere)}]
os.sched_setaffinity(0, everywhere)
""")


def test_many_callers_at_once():
    run("""
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    assert [*pool.map(lambda _: batch(), range(40))] == [os.getpid()] * 40
assert 1 <= len(ours()) <= 8
""")


@needs_memory_that_survives
def test_a_fork_in_the_middle_of_a_first_look_up():
    """Another thread is making the index of tokens, of which the child has no more than what was there."""
    run("""
import threading
warnings.simplefilter("ignore")  # Python says itself that this is dangerous
for _ in range(10):
    tok = shimmytok.Tokenizer.from_pretrained("gpt2")
    thread = threading.Thread(target=tok.token_to_id, args=("\u0120the",))
    thread.start()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        os._exit(0 if tok.token_to_id("\u0120the") == 262 else 1)
    thread.join()
    assert os.waitpid(child, 0)[1] == 0
""")
