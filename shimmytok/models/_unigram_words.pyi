from enum import IntEnum

class Words(IntEnum):
    SPACED = 1
    BEFORE = 2
    BEHIND = 3
