"""The files of the project, as git sees them: what is committed and what is about to be."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("shared", "hardware", "edge", "cloud")


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, relative to its root."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(path for name in listing.split("\0") if name and (ROOT / (path := Path(name))).is_file())


def texts() -> Iterator[tuple[Path, str]]:
    """Every file that is text, with its content."""
    for path in files():
        try:
            yield path, (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def sources(*tops: str) -> Iterator[tuple[Path, ast.Module]]:
    """The Python files below the given top folders, read as syntax."""
    for path in files():
        if path.suffix == ".py" and path.parts[0] in tops:
            yield path, syntax(path)


@cache
def syntax(path: Path) -> ast.Module:
    """One Python file, read as syntax once."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
