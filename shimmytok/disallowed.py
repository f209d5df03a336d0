"""Texts that must not hold special tokens: the check behind `disallowed_special`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from shimmytok._encoder import find_special
from shimmytok._specials import SpecialMatcher
from shimmytok.errors import SpecialTokenError
from shimmytok.shown import shown
from shimmytok.special_ids import TokenAttr
from shimmytok.vocab import Vocab, as_bytes

KEPT = 16  # automata of one tokenizer

Disallowed = Collection[str] | Literal["all"]


class DisallowedTokens:
    """Finds disallowed tokens of one vocabulary; the automata made last are kept."""

    def __init__(self, vocab: Vocab):
        self._vocab = vocab
        self._matchers: dict[str | frozenset[str], SpecialMatcher] = {}

    def matcher(self, disallowed: Disallowed) -> SpecialMatcher:
        """What finds these tokens, or for "all" any that parsing would find.

        ValueError for what is no special token of the vocabulary.
        """
        key = disallowed if isinstance(disallowed, str) else frozenset(disallowed)
        matcher = self._matchers.get(key)
        if matcher is None:
            if isinstance(key, str) and key != "all":
                raise ValueError(f'disallowed_special is {key!r}: give "all" or a collection of token texts')
            tokens = self._all() if isinstance(key, str) else self._some(key)
            matcher = SpecialMatcher(tokens)
            self._keep(key, matcher)
        return matcher

    def check(self, text: str | bytes, matcher: SpecialMatcher, *, where: str = "") -> None:
        """Raise SpecialTokenError if the text holds a token that the matcher finds."""
        found = find_special(matcher, text)
        if found is not None:
            start, token = found
            name = shown(self._vocab.id_texts[token])
            raise SpecialTokenError(f"{where}the text holds the special token {name} at byte {start}")

    def _keep(self, key: str | frozenset[str], matcher: SpecialMatcher) -> None:
        # A new dict each time: other threads may be reading the old one.
        kept = list(self._matchers.items())[-(KEPT - 1) :]
        self._matchers = {**dict(kept), key: matcher}

    def _all(self) -> list[tuple[bytes, int, bool, bool]]:
        hidden = self._vocab.having(TokenAttr.CONTROL | TokenAttr.UNKNOWN)
        return [token for token in self._vocab.specials(parse_special=True) if hidden[token[1]]]

    def _some(self, names: frozenset[str]) -> list[tuple[bytes, int, bool, bool]]:
        tokens = self._vocab.specials(parse_special=True)
        wanted = {as_bytes(name) for name in names}
        unknown = wanted - {token[0] for token in tokens}
        if unknown:
            raise ValueError(f"not a special token of this vocabulary: {min(unknown)!r}")
        return [token for token in tokens if token[0] in wanted]
