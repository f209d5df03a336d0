"""The `shimmytok` command: `encode`, `decode`, `count` and `info` over one tokenizer; the others are in commands/.

Holds the arguments, the input and output of the command and its exit statuses; no tokenization.
`encode` has the switches and the output of llama.cpp's `llama-tokenize` (`tools/tokenize/tokenize.cpp`).

Text travels as bytes: nothing is decoded on the way in or out, no line ending is translated.
Exit statuses: 0 done, 1 an error, 2 wrong usage, 130 interrupted, 141 the reader of the output went away.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from shimmytok.commands import check, diff, verify
from shimmytok.errors import ShimmytokError
from shimmytok.version import __version__

if TYPE_CHECKING:
    from shimmytok import Tokenizer

_TAKE_VALUE = {"-m": "model", "--model": "model", "-p": "prompt", "--prompt": "prompt", "-f": "file", "--file": "file"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with `argv` (default: the arguments of the process) and return its exit status."""
    if sys.stdout is None:
        return _complain(_closed("standard output"))
    logger = logging.getLogger("shimmytok")
    level = logger.level
    try:
        args = _parser().parse_args(_bind_values(sys.argv[1:] if argv is None else argv))
        for option in _TAKE_VALUE.values():
            if getattr(args, option, None) == []:  # what older versions of argparse make of --prompt=--
                setattr(args, option, "--")
        if args.log_disable:
            logger.setLevel(logging.CRITICAL + 1)
        status: int = args.run(args)
        sys.stdout.buffer.flush()
        return status
    except SystemExit as usage:  # argparse has already printed the help or the mistake
        return usage.code if isinstance(usage.code, int) else 2
    except BrokenPipeError:
        # The interpreter flushes once more at its end, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130
    except (ShimmytokError, OSError, MemoryError) as error:
        return _complain(error)
    finally:
        logger.setLevel(level)


def _bind_values(argv: Sequence[str]) -> list[str]:
    """Write `-p TEXT` as `--prompt=TEXT`: argparse takes a text that starts with a dash for an option."""
    bound: list[str] = []
    rest = iter(argv)
    for arg in rest:
        if arg == "--":
            return [*bound, arg, *rest]
        value = next(rest, None) if arg in _TAKE_VALUE else None
        bound.append(arg if value is None else f"--{_TAKE_VALUE[arg]}={value}")
    return bound


class _Command(ArgumentParser):
    """Takes options between its other arguments, too, as `count a.txt --no-special b.txt`."""

    _mixes = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._mixes:  # parse_known_intermixed_args calls this for each kind of arguments
            return super().parse_known_args(args, namespace)
        self._mixes = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixes = False


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="shimmytok", description="Tokenizers straight out of GGUF files.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Command)
    command = partial(_add_command, commands)
    encode = command(
        _encode,
        "Print the tokens of a text, as llama-tokenize does.",
        ids="print only the ids, as [1, 2, 3]",
        no_bos="add no special tokens, even if the model wants a BOS",
        no_escape=r"leave \n, \t, \xHH and the like as they are",
        no_parse_special="take special tokens in the text for plain text",
        show_count="print the number of tokens at the end",
    )
    _add_sources(encode, required=True)
    decode = command(
        _decode,
        "Write the text of token ids; a newline follows it on a terminal only.",
        skip_special="leave special tokens out",
        remove_special="leave out the BOS and EOS that encoding adds",
    )
    decode.add_argument("ids", nargs="*", metavar="ID", help='1 2 3, 1,2,3 or "[1, 2, 3]"')
    _add_sources(decode, prompt=False)
    count = command(
        _count,
        "Count the tokens of texts, which are taken as they are: no escapes, no special tokens.",
        no_special="do not count BOS, EOS and other added tokens",
        parse_special="take special tokens in the text for what they are",
    )
    count.add_argument("files", nargs="*", metavar="FILE", help='a file; "-" is the standard input')
    _add_sources(count)
    command(_info, "Describe the tokenizer of a model.", json="print one JSON object")
    for command_module in (diff, check, verify):
        command_module.register(commands)
    return parser


def _add_command(commands: Any, run: Callable[..., int], does: str, **switches: str) -> ArgumentParser:
    # No abbreviations: a later release may add a switch that shares a prefix.
    sub: ArgumentParser = commands.add_parser(run.__name__[1:], help=does, description=does, allow_abbrev=False)
    sub.set_defaults(run=run, usage_error=sub.error)
    sub.add_argument("-m", "--model", required=True, help="GGUF file, or a name such as gpt2")
    for switch, effect in (switches | {"log_disable": "print no warnings"}).items():
        sub.add_argument("--" + switch.replace("_", "-"), action="store_true", help=effect)
    return sub


def _add_sources(parser: ArgumentParser, *, required: bool = False, prompt: bool = True) -> None:
    source = parser.add_mutually_exclusive_group(required=required)
    if prompt:
        source.add_argument("-p", "--prompt", metavar="TEXT", help="read TEXT")
    source.add_argument("-f", "--file", metavar="FILE", help="read the bytes of FILE")
    source.add_argument("--stdin", action="store_true", help="read the standard input")


def _encode(args: Namespace) -> int:
    from shimmytok.escapes import process_escapes

    tok = _load(args.model)
    text = _source(args)
    if not args.no_escape:
        text = process_escapes(text)
    add_special = tok.add_bos and not args.no_bos
    ids = tok.encode(text, add_special, parse_special=not args.no_parse_special, num_threads=None)
    if args.ids:
        _write(f"[{', '.join(map(str, ids))}]\n".encode())
    else:
        lines = _token_lines(tok, ids)
        while block := b"".join(islice(lines, 8192)):
            _write(block)
    if args.show_count:
        _write(b"Total number of tokens: %d\n" % len(ids))
    return 0


def _token_lines(tok: Tokenizer, ids: Iterable[int]) -> Iterator[bytes]:
    """One line a token; on a terminal, bytes that are not UTF-8 are shown as llama-tokenize does on Windows."""
    terminal = sys.stdout.isatty()
    lines: dict[int, bytes] = {}
    for token in ids:
        if token not in lines:
            piece, remark = tok.token_to_piece(token), b""
            if terminal and piece.decode("utf-8", "ignore").encode() != piece:
                piece, remark = f"<{piece.hex(' ')}>".encode(), b" (utf-8 decode failure)"
            lines[token] = b"%6d -> '%b'%b\n" % (token, piece, remark)
        yield lines[token]


def _decode(args: Namespace) -> int:
    if bool(args.ids) + args.stdin + (args.file is not None) != 1:
        args.usage_error("give token ids, or one of -f/--file and --stdin")
    ids = _parse_ids(os.fsencode(" ".join(args.ids)) if args.ids else _source(args))
    tok = _load(args.model)
    text = tok.decode(ids, args.skip_special, remove_special=args.remove_special, errors="surrogateescape")
    _write(text.encode("utf-8", "surrogateescape") + b"\n" * sys.stdout.isatty())
    return 0


def _parse_ids(text: bytes) -> list[int]:
    words = re.sub(rb"[\s,\[\]]+", b" ", text).split()
    for word in words:
        # More than ten digits are no id, and int() has a limit of its own on them.
        if not re.fullmatch(rb"-?[0-9]{1,10}", word):
            raise ShimmytokError(f"not a token id: {os.fsdecode(word[:40])!r}")
    return [int(word) for word in words]


def _count(args: Namespace) -> int:
    if bool(args.files) + args.stdin + (args.file is not None) + (args.prompt is not None) != 1:
        args.usage_error("give files, or one of -p/--prompt, -f/--file and --stdin")
    tok = _load(args.model)

    def count(text: bytes) -> int:
        return tok.count(text, not args.no_special, parse_special=args.parse_special, num_threads=None)

    if not args.files:
        _write(b"%d\n" % count(_source(args)))
        return 0
    total = status = 0
    for path in args.files:
        try:
            n_tokens = count(_read(path))
        except (ShimmytokError, OSError, MemoryError) as error:
            status = _complain(error)
            continue
        total += n_tokens
        _write(b"%d\t%b\n" % (n_tokens, os.fsencode(path)))
    if len(args.files) > 1:
        _write(b"%d\ttotal\n" % total)
    return status


def _info(args: Namespace) -> int:
    from shimmytok.describe import as_json, as_lines, describe

    facts = describe(_load(args.model))
    _write((as_json if args.json else as_lines)(facts).encode("utf-8", "surrogateescape"))
    return 0


def _load(model: str) -> Tokenizer:
    from shimmytok import Tokenizer

    return Tokenizer.from_pretrained(model)


def _source(args: Namespace) -> bytes:
    """The text of whichever of --prompt, --file and --stdin was given."""
    if getattr(args, "prompt", None) is not None:
        return os.fsencode(args.prompt)
    return _read("-" if args.stdin else args.file)


def _read(path: str) -> bytes:
    if path == "-":
        if sys.stdin is None:
            raise _closed("standard input")
        return sys.stdin.buffer.read()
    with open(path, "rb") as file:
        return file.read()


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)


def _complain(error: Exception) -> int:
    problem = str(error) or ("out of memory" if isinstance(error, MemoryError) else type(error).__name__)
    if isinstance(error, OSError) and error.filename and error.strerror:
        problem = f"{os.fsdecode(error.filename)}: {error.strerror}"
    if sys.stderr is not None:  # print would take the standard output instead
        print("shimmytok: error:", problem, file=sys.stderr)
    return 1


def _closed(stream: str) -> OSError:
    return OSError(errno.EBADF, "it is closed", stream)
