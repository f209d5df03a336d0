from collections.abc import Iterable

class Texts:
    count: int
    total: int
    def __init__(self, texts: Iterable[object]) -> None: ...
