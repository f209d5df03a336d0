"""A differential fuzzer: random texts and ids through this library and through llama.cpp's libllama, answers compared.

`python -m tools.fuzz --help`.  Needs a built libllama; nothing in the library needs it.
"""
