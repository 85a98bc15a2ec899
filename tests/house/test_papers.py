"""What may stand in a file that others clone, and how long a file may grow."""

import re
from pathlib import Path
from typing import Final

from tests.house.tree import ROOT, files, texts

REGISTRIES: Final = re.compile(
    "|".join(
        [
            "pypi" + r"\.org",
            "python" + r"hosted\.org",
            "npm" + r"js\.(org|com)",
            "npm" + "mirror",
            r"(?<!emit-)index" + "-url",
        ]
    )
)
MACHINE: Final = re.compile(r"(?<![\w.~-])/(work|root|home/\w+|Users/\w+)/")

LONGEST: Final = 400
CODE: Final = {".py", ".html", ".js", ".sql", ".sh", ".mako"}
"""A stylesheet and a list of words are tables by nature."""
TABLES: Final = {
    "cloud/store/migrations/versions/0001_first_tables.py": "the same tables, as they were first made",
    "cloud/store/tables.py": "a table of tables",
    "shared/messages.py": "a table of every letter, in the two sections that the house asks for",
}
"""Files that may be longer, each with its reason."""


def found(pattern: re.Pattern[str]) -> list[str]:
    return [f"{path}: {match.group()}" for path, text in texts() if (match := pattern.search(text))]


def test_no_file_names_a_registry() -> None:
    assert found(REGISTRIES) == []


def test_no_lock_says_where_a_package_came_from() -> None:
    assert "resolved" not in (ROOT / "package-lock.json").read_text()
    assert all("://" not in path.read_text() for path in (ROOT / "requirements").glob("*.txt"))
    assert Path("uv.lock") not in files()


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert found(MACHINE) == []
    assert [str(path) for path, text in texts() if str(ROOT) + "/" in text] == []


def test_nothing_that_set_up_makes_is_committed() -> None:
    made = {"node_modules", ".venv", "vendor", "__pycache__", "build", "dist"}
    assert [str(path) for path in files() if made & set(path.parts)] == []


def test_no_file_outgrows_its_reader() -> None:
    long = {str(path) for path, text in texts() if path.suffix in CODE and text.count("\n") > LONGEST}
    assert sorted(long - TABLES.keys()) == []
    assert sorted(TABLES.keys() - long) == [], "a table that has shrunk needs no exemption"


PASSWORD: Final = re.compile(
    r"^[ \t]*#?[ \t]*(?:password|secret|token|pin)[ \t]*[=:][ \t]*[\"']?[^\s\"'#].*$", re.I | re.M
)


def test_f116_no_paper_ships_a_password() -> None:
    """What is in a README or an example is in every installation."""
    papers = [path for pattern in ("*.md", "docs/*.md", "configs/**/*", "systemd/*") for path in ROOT.glob(pattern)]
    read = [(path, path.read_text("utf-8")) for path in papers if path.is_file()]
    assert len(read) > 10
    assert [f"{path.name}: {found[0]}" for path, text in read for found in [PASSWORD.search(text)] if found] == []
