from shimmytok._trie import TokenTrie
from shimmytok._vocab import TokenTable

class LongestTokens:
    def __init__(
        self,
        trie: TokenTrie,
        texts: TokenTable,
        *,
        unknown: int | None,
        unknown_words: bool = False,
        start: bytes = b"",
    ) -> None: ...
