"""How long pieces of SPM are merged part by part."""

from shimmytok.models._by_parts cimport PartRules

# `tables` is an SpmTables.
cdef PartRules parts_of_words
