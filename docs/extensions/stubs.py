"""Signatures with types for compiled methods: they carry names and defaults only; the types are in their .pyi.

Used by autodoc through `docstrings.py`; tests/docs checks that each compiled public method is found.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path


def is_compiled(obj: object) -> bool:
    """Is it a method of an extension type?"""
    return type(obj).__name__ == "method_descriptor"


def signature_of(method: object) -> tuple[str, str]:
    """The arguments, without self, and the result of a compiled method; KeyError where its stub does not have it."""
    owner = method.__objclass__  # type: ignore[attr-defined]
    path = Path(sys.modules[owner.__module__].__file__ or "")
    stub = path.with_name(path.name.partition(".")[0] + ".pyi")
    function = _functions(stub)[owner.__name__, method.__name__]  # type: ignore[attr-defined]
    function = _Aliases(_aliases(stub)).visit(function)
    del function.args.args[0]
    return f"({ast.unparse(function.args)})", ast.unparse(function.returns)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(stub: Path) -> dict[tuple[str, str], ast.FunctionDef]:
    """Each method by the names of its class and itself."""
    classes = [node for node in _tree(stub).body if isinstance(node, ast.ClassDef)]
    return {(c.name, f.name): f for c in classes for f in c.body if isinstance(f, ast.FunctionDef)}


def _aliases(stub: Path) -> dict[str, ast.expr]:
    """What the names of types mean that the stub, or a module of the package it imports from, defines by `X = ...`."""
    found = _assigned(stub)
    for node in _tree(stub).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shimmytok."):
            source = Path(sys.modules[node.module or ""].__file__ or "")
            assigned = _assigned(source) if source.suffix == ".py" else {}
            found |= {name.name: assigned[name.name] for name in node.names if name.name in assigned}
    return found


def _assigned(path: Path) -> dict[str, ast.expr]:
    nodes = [node for node in _tree(path).body if isinstance(node, ast.Assign)]
    return {target.id: node.value for node in nodes for target in node.targets if isinstance(target, ast.Name)}


class _Aliases(ast.NodeTransformer):  # its methods are named as ast wants it
    """Writes out aliases: a reader of `text: Text` would have to look it up."""

    def __init__(self, meanings: dict[str, ast.expr]):
        self._meanings = meanings

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        copied = ast.parse(ast.unparse(node)).body[0]  # the tree is kept, and read again
        return self.generic_visit(copied)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self._meanings.get(node.id, node)
