"""How long pieces of BPE are merged part by part."""

from shimmytok.models._by_parts cimport PartRules

# Of byte-level vocabularies, and of others; `tables` is a BpeTables that is `by_parts`.
cdef PartRules parts_of_bytes, parts_of_characters
