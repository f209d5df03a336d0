from shimmytok._word_cache import WordCache
from shimmytok.models._longest import LongestTokens
from shimmytok.models._model import Model
from shimmytok.unicode._pages import PageTable

class WordPieceModel(Model):
    def __init__(self, tokens: LongestTokens, characters: PageTable, cache: WordCache) -> None: ...
