"""Pre-tokenizers: cut a text into the pieces that are tokenized one by one.

patterns.py   DATA: pre name -> regexes and flags
regex.py      the regexes' dialect -> syntax tree
classes.py    all sets of characters -> classes of a byte
dfa.py        syntax tree -> table over classes; linear.py: why running it takes linear time
restart.py    the tables of a list -> one table, with simulation.py
compiling.py  the above in order -> tables, whose form is told in tables.py
prepared.py   the tables of the known lists, made before; splitters.py: a name -> Splitter
_splitter.pyx the owner of tables
_split.pyx    runs the one table, block by block; _walk.pyx goes stage by stage where there is none, with _scanners.pyx:
              what no table can say
"""
