from shimmytok._trie import TokenTrie
from shimmytok.normalizers._charsmap import Charsmap

class SentencePieceNormalizer:
    def __init__(
        self,
        charsmap: Charsmap,
        user_defined: TokenTrie,
        *,
        add_space_prefix: bool,
        remove_extra_whitespaces: bool,
        cuts: bytes,
        plain: bytes,
    ) -> None: ...
