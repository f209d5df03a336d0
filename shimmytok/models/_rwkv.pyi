from collections.abc import Iterable

from shimmytok._word_cache import WordCache
from shimmytok.models._longest import LongestTokens
from shimmytok.models._model import Model

class RwkvModel(Model):
    def __init__(self, tokens: LongestTokens, texts: Iterable[bytes], cache: WordCache) -> None: ...
