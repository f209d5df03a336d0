from shimmytok.models._model import Model
from shimmytok.models._spm_tables import SpmTableSet

class SpmModel(Model):
    table_set: SpmTableSet
    def __init__(self, table_set: SpmTableSet) -> None: ...
