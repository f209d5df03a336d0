from shimmytok._vocab import TokenTable
from shimmytok._word_cache import WordCache
from shimmytok.models._longest import LongestTokens
from shimmytok.models._model import Model

class RwkvModel(Model):
    def __init__(self, tokens: LongestTokens, texts: TokenTable, cache: WordCache) -> None: ...
