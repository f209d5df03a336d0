from shimmytok._trie import TokenTrie
from shimmytok._word_cache import WordCache
from shimmytok.models._model import Model
from shimmytok.unicode._pages import PageTable

class WordPieceModel(Model):
    def __init__(self, trie: TokenTrie, characters: PageTable, cache: WordCache, *, unknown: int | None) -> None: ...
