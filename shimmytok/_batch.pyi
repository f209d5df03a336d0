import numpy as np
from numpy.typing import NDArray

from shimmytok._encoder import Encoder
from shimmytok._text_encoder import Text

def ids_by_parts(
    encoder: Encoder, text: Text, add_special: bool, parse_special: bool, threads: int, size: int
) -> NDArray[np.uint32] | None: ...
