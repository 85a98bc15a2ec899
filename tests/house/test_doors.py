"""Each outside library has one door, and so has SQL. import-linter sees the imports; the rest is read here."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.house.tree import PACKAGES, files, sources

STORES: Final = (Path("edge/store"), Path("cloud/store"))
SQL: Final = re.compile(
    r"^\s*(SELECT\s|INSERT\s+(OR\s|INTO\s)|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX|UNIQUE|VIEW)|"
    r"ALTER\s+TABLE|DROP\s+TABLE|PRAGMA\s|BEGIN\s+IMMEDIATE|WITH\s+\w+\s+AS\s)"
)
PIPE: Final = Path("shared/mqtt.py")


def in_a_store(path: Path) -> bool:
    return any(path.is_relative_to(store) for store in STORES)


def strings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0]


def test_sql_is_written_in_the_two_stores_alone() -> None:
    strays = [
        f"{path}: {text.strip()[:60]}"
        for path, tree in sources(*PACKAGES)
        if not in_a_store(path)
        for text in strings(tree)
        if SQL.match(text)
    ]
    assert strays == []


def test_sql_files_lie_in_the_two_stores_alone() -> None:
    assert [str(path) for path in files() if path.suffix in {".sql", ".mako"} and not in_a_store(path)] == []


def test_paho_is_known_to_the_pipe_alone() -> None:
    assert [str(path) for path, tree in sources(*PACKAGES) if "paho" in imports(tree) and path != PIPE] == []
