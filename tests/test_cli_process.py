"""The `shimmytok` command as a process: what only the system shows, its streams, its end and what it imports."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def child(*argv, stdin=b"", **options):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "shimmytok", *argv]
    return subprocess.run(
        command, input=stdin, capture_output=True, env=environment, timeout=60, check=False, **options
    )


def test_process():
    done = child("encode", "-m", "gpt2", "--stdin", "--ids", stdin=b"Hello world")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"[15496, 995]\n", b"")
    done = child("decode", "-m", "gpt2", "-1")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"shimmytok: error: ")


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell closes streams")
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("-p x >&-", b"shimmytok: error: standard output: it is closed\n"),
        ("--stdin <&-", b"shimmytok: error: standard input: it is closed\n"),
        ("-f /nowhere 2>&-", b""),
    ],
)
def test_process_with_a_stream_that_is_closed(arguments, complaint):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = f'"{sys.executable}" -m shimmytok encode -m gpt2 {arguments}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, env=environment, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", complaint)


def test_process_ends_in_silence_when_its_reader_does(tmp_path):
    text = tmp_path / "text"
    text.write_bytes(b"Hello world" * 200_000)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "shimmytok", "encode", "-m", "gpt2", "-f", str(text)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout.readline() == b" 15496 -> 'Hello'\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_help_imports_nothing_heavy():
    program = (
        "import sys; from shimmytok.cli import main; main(['--help']); print('gguf' in sys.modules, file=sys.stderr)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, timeout=60, check=True)
    assert done.stderr.split() == [b"False"]
