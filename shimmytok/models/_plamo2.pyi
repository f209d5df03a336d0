from shimmytok.models._model import Model
from shimmytok.models._plamo2_tables import Plamo2TableSet

class Plamo2Model(Model):
    def __init__(self, table_set: Plamo2TableSet) -> None: ...
