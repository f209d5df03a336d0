from shimmytok.models._bpe_tables import BpeTableSet
from shimmytok.models._model import Model

class BpeModel(Model):
    table_set: BpeTableSet
    def __init__(self, table_set: BpeTableSet) -> None: ...
