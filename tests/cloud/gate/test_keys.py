"""What the gate is known by: one secret, drawn once, for its owner's eyes only."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cloud.gate.keys import GateKeys, drawn_once, gate_keys
from shared.errors import Unavailable


def test_the_keys_are_drawn_once_and_lie_in_a_file_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "gate.key"
    first = gate_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert gate_keys(path).names == first.names
    assert gate_keys(tmp_path / "other.key").names != first.names


def test_two_processes_that_start_together_draw_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as crowd:
        drawn = set(crowd.map(lambda n: drawn_once(tmp_path / "key", lambda: f"secret {n}" * 1_000), range(40)))
    assert len(drawn) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_each_use_has_a_key_of_its_own_and_of_its_own_kind() -> None:
    names = GateKeys(bytes(32)).names
    assert (names.issuer[0], names.asked[0], names.system[0]) == ("A", "U", "U")
    assert len({names.issuer, names.asked, names.system, names.route}) == 4


def test_no_key_gets_into_a_log() -> None:
    keys = GateKeys(bytes(32))
    assert repr(keys) == "GateKeys()"
    assert keys.asked_seed not in str(vars(keys)["_secret"])


@pytest.mark.parametrize("text", ["", "no hex", "00" * 31])
def test_a_damaged_file_is_said_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "gate.key").write_text(text)
    with pytest.raises(Unavailable, match="backup"):
        gate_keys(tmp_path / "gate.key")


def test_a_directory_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(Unavailable, match="can't be read or written"):
        gate_keys(tmp_path / "keys" / "gate.key")
