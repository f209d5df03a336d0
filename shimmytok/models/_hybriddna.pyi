from collections.abc import Sequence

from shimmytok._vocab import TokenTable
from shimmytok.models._bpe_tables import BpeTableSet
from shimmytok.models._model import Model

MARKER: bytes

class HybridDnaModel(Model):
    table_set: BpeTableSet
    def __init__(self, table_set: BpeTableSet, texts: TokenTable, dna: Sequence[int | None]) -> None: ...
