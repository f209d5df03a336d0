SHORT: int
LONG_STRING: int
MANY_ITEMS: int
BAD_TYPE: int
TOO_DEEP: int

def skip_strings(
    data: memoryview, position: int, count: int, big_endian: bool, max_string_bytes: int
) -> tuple[int, int, int, int]: ...
def skip_arrays(
    data: memoryview, position: int, count: int, big_endian: bool, max_items: int, max_string_bytes: int
) -> tuple[int, int, int, int]: ...
