"""The package answers as llama.cpp does: a first text, by the command and in Python."""

import subprocess

import shimmytok

tok = shimmytok.Tokenizer.from_pretrained("gpt2")
assert tok.encode("Hello world") == [15496, 995]
assert tok.decode([15496, 995]) == "Hello world"

command = ["shimmytok", "encode", "-m", "gpt2", "-p", "Hello world", "--ids"]
said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
assert said.split() == ["[15496,", "995]"], said
