from collections.abc import Mapping

from shimmytok.models._model import Model

class RwkvModel(Model):
    def __init__(self, tokens: Mapping[bytes, int], *, unknown: int | None) -> None: ...
