"""The base of the tokenizer models; each subclass owns its tables and names its function."""


cdef class Model:
    pass
