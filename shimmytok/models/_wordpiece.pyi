from shimmytok._trie import TokenTrie
from shimmytok.models._model import Model
from shimmytok.unicode._pages import PageTable

class WordPieceModel(Model):
    def __init__(self, trie: TokenTrie, characters: PageTable, *, unknown: int | None) -> None: ...
