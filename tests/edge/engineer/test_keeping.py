"""``jiayou-edge backup``, ``restore`` and ``store``, as a person at the station meets them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import main
from edge.store.database import Store
from tests.fakes.ends import sell

Read = Callable[[], dict[str, Any]]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "edge.toml"
    store = tmp_path / "s.db"
    file.write_text(
        f"[station]\nid = 's1'\nname = '第一加油站'\n[store]\npath = '{store}'\n[page]\nport = 0\n", "utf-8"
    )
    return file


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Read:
    def read() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return read


def sold(tmp_path: Path, count: int) -> int:
    store = Store.open(tmp_path / "s.db", "s1")
    store.call(sell, store, count)
    store.close()
    return store.epoch


def test_books_are_backed_up_put_back_and_checked(tmp_path: Path, config: Path, said: Read) -> None:
    epoch, copy = sold(tmp_path, 3), tmp_path / "b.db"
    words = ["--config", str(config), "--json"]
    assert main(["backup", str(copy), *words]) == 0
    assert (said()["upto"], copy.exists()) == (3, True)
    sold(tmp_path, 2)
    assert main(["restore", str(copy), *words]) == 0
    done = said()
    assert (done["former_epoch"], done["upto"], done["station"]) == (epoch, 3, "s1")
    assert main(["store", "check", *words]) == 0
    found = said()
    assert (found["epoch"], found["letters"], found["unsent"]) == (done["epoch"], 1, 1)
    assert [(one["epoch"], one["upto"], one["settled"], one["reason"]) for one in found["former"]] == [
        (epoch, 3, False, "restored")
    ]


def test_damaged_books_are_said_to_be_and_rebuilt(
    tmp_path: Path, config: Path, said: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    epoch = sold(tmp_path, 300)
    data = bytearray((tmp_path / "s.db").read_bytes())
    page = len(data) // 4096 // 2 * 4096
    data[page : page + 4096] = bytes(4096)
    (tmp_path / "s.db").write_bytes(data)
    words = ["--config", str(config), "--json"]
    assert main(["store", "check", *words]) == 1
    assert "jiayou-edge store rebuild" in capsys.readouterr().err
    assert main(["store", "rebuild", *words]) == 0
    done = said()
    assert (done["former_epoch"], done["saved"]) == (epoch, 300 - int(str(done["lost"])))
    assert main(["store", "check", *words]) == 0


def test_each_says_in_a_sentence_what_it_did(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--config", str(config)]
    assert main(["store", "check", *words]) == main(["backup", str(tmp_path / "b.db"), *words]) == 1
    assert "There is no store" in capsys.readouterr().err
    sold(tmp_path, 1)
    assert main(["backup", str(tmp_path / "b.db"), *words]) == 0
    assert main(["restore", str(tmp_path / "b.db"), *words]) == 0
    assert main(["store", "rebuild", *words]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("已备份", "已恢复", "已重建", "kept in"))
