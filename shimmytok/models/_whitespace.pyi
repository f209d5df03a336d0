from shimmytok.models._bpe_tables import BpeTableSet
from shimmytok.models._model import Model
from shimmytok.unicode._pages import PageTable

class WhitespaceModel(Model):
    table_set: BpeTableSet
    def __init__(self, table_set: BpeTableSet, characters: PageTable) -> None: ...
