"""A linter for the tokenizer metadata of GGUF files: `check`, and what it can find (`CODES`).

The rules are in key_rules.py, token_rules.py and merge_rules.py; each takes a Subject and gives Findings.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from shimmytok.check import key_rules, merge_rules, token_rules
from shimmytok.check.findings import CODES, Finding, Severity, finding
from shimmytok.check.subject import Subject
from shimmytok.errors import ShimmytokError
from shimmytok.sources import open_metadata, resolve
from shimmytok.tokenizer import Tokenizer

__all__ = ["CODES", "LONGEST_TOKEN", "Finding", "Severity", "check"]

LONGEST_TOKEN = 256  # bytes

RULES: tuple[Callable[[Subject], Iterable[Finding]], ...] = (
    key_rules.model_and_pre,
    key_rules.special_ids,
    key_rules.chat_template,
    key_rules.vocab_size,
    token_rules.texts,
    token_rules.types,
    token_rules.scores,
    token_rules.byte_tokens,
    merge_rules.merges,
)
# With one of these, that the file does not load is no news.
EXPLAIN_ERRORS = ("model-missing", "model-unknown", "pre-unknown", "types-too-few", "scores-too-few")
WORST_FIRST = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def check(path: str | os.PathLike[str], *, longest_token: int = LONGEST_TOKEN) -> list[Finding]:
    """Look for known troubles in the tokenizer metadata of a file, which need not load; errors come first.

    path: a GGUF file, or the name of a bundled vocabulary.
    longest_token: longer tokens, in bytes, are noted.
    Raises ModelNotFoundError if there is no such file, and OSError as `open` does.

    >>> [finding.code for finding in check("gpt2")]
    ['chat-template-missing']
    """
    name = resolve(path)
    try:
        metadata = open_metadata(name, None)
    except ShimmytokError as error:
        return [finding("unreadable", str(error))]
    refusal: ShimmytokError | None = None
    tokenizer = None
    try:
        tokenizer = Tokenizer(metadata)
    except ShimmytokError as error:
        refusal = error
    with metadata:
        subject = Subject(metadata, tokenizer, longest_token)
        findings = [found for rule in RULES for found in rule(subject)]
    wrong_types = [finding("wrong-type", message) for message in subject.refused]
    if refusal is not None and str(refusal) not in subject.refused:
        explained = any(found.code in EXPLAIN_ERRORS for found in findings)
        findings += [] if explained else [finding("load-error", str(refusal))]
    return sorted(wrong_types + findings, key=lambda found: WORST_FIRST.index(found.severity))
