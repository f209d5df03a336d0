"""Texts that must not hold special tokens: the check behind `disallowed_special`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from shimmytok._encoder import find_special
from shimmytok._specials import SpecialMatcher
from shimmytok.arguments import as_iterator, wrong_type
from shimmytok.errors import SpecialTokenError
from shimmytok.shown import shown
from shimmytok.special_ids import TokenAttr
from shimmytok.vocab import Vocab, as_bytes

KEPT = 16  # automata of one tokenizer

TOKEN_TEXTS = 'token texts (str or bytes), or "all"'

Names = frozenset[str | bytes]
Disallowed = Iterable[str | bytes] | Literal["all"] | None


class DisallowedTokens:
    """Finds disallowed tokens of one vocabulary; the automata made last are kept."""

    def __init__(self, vocab: Vocab):
        self._vocab = vocab
        self._matchers: dict[str | Names, SpecialMatcher] = {}

    def matcher(self, disallowed: Iterable[str | bytes]) -> SpecialMatcher:
        """What finds these tokens, or for "all" any that parsing would find.

        ValueError for what is no special token of the vocabulary.
        """
        key = disallowed if isinstance(disallowed, str) else _as_set(disallowed)
        matcher = self._matchers.get(key)
        if matcher is None:
            if isinstance(key, str) and key != "all":
                raise _neither(key)
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

    def _keep(self, key: str | Names, matcher: SpecialMatcher) -> None:
        # A new dict each time: other threads may be reading the old one.
        kept = list(self._matchers.items())[-(KEPT - 1) :]
        self._matchers = {**dict(kept), key: matcher}

    def _all(self) -> list[tuple[bytes, int, bool, bool]]:
        hidden = self._vocab.having(TokenAttr.CONTROL | TokenAttr.UNKNOWN)
        return [token for token in self._vocab.specials(parse_special=True) if hidden[token[1]]]

    def _some(self, names: Names) -> list[tuple[bytes, int, bool, bool]]:
        for name in names:
            if not isinstance(name, (str, bytes)):
                raise wrong_type(name, TOKEN_TEXTS, "disallowed_special")
        tokens = self._vocab.specials(parse_special=True)
        wanted = {as_bytes(name) for name in names}
        unknown = wanted - {token[0] for token in tokens}
        if unknown:
            name = next(name for name in names if as_bytes(name) == min(unknown))
            raise ValueError(f"not a special token of this vocabulary: {name!r}")
        return [token for token in tokens if token[0] in wanted]


def _neither(given: str | bytes) -> ValueError:
    return ValueError(f'disallowed_special is {given!r}: give "all" or a collection of token texts')


def _as_set(names: Iterable[str | bytes]) -> Names:
    if isinstance(names, bytes):
        raise _neither(names)
    try:
        return frozenset(names)
    except TypeError as error:
        as_iterator(names, TOKEN_TEXTS, "disallowed_special")
        raise TypeError(f"disallowed_special: expected {TOKEN_TEXTS}: {error}") from error
