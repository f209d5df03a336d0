"""The golden files: answers of llama.cpp (README.md tells the format), their reader and the comparison with ours."""
