from collections.abc import Mapping

from shimmytok._trie import TokenTrie
from shimmytok._word_cache import WordCache
from shimmytok.models._model import Model

class RwkvModel(Model):
    def __init__(
        self, trie: TokenTrie, tokens: Mapping[bytes, int], cache: WordCache, *, unknown: int | None
    ) -> None: ...
