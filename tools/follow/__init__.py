"""Moves the project to another llama.cpp, and tells what differs: docs/following-llama-cpp.md."""
