from shimmytok.models._model import Model

class TestModel(Model):
    def __init__(self, n_tokens: int) -> None: ...
