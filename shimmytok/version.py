"""The version of the package, and of the llama.cpp it equals."""

__version__ = "0.4.0"

# The commit of llama.cpp that llama-cpp-python 0.3.36 carries.
LLAMA_CPP_REF = "0c1e57098"
