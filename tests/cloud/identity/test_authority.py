"""The company's authority lives in files, is made once, and says what to restore when one is missing."""

import stat
import time
from pathlib import Path

import pytest

from cloud.identity import authority
from shared import certificates
from shared.errors import Unavailable

NOW = time.time_ns() // 1_000_000_000 * 1_000
DAY = 86_400_000


def test_it_is_made_once_and_for_its_owners_eyes(tmp_path: Path) -> None:
    made = authority.create(tmp_path / "a", "加油", NOW)
    assert authority.create(tmp_path / "a", "加油", NOW) == made
    for name in ("root.key", "issuing.key"):
        assert stat.S_IMODE((tmp_path / "a" / name).stat().st_mode) == 0o600


def test_the_root_key_may_lie_elsewhere_until_the_next_issuing_certificate(tmp_path: Path) -> None:
    made = authority.create(tmp_path, "加油", NOW)
    (tmp_path / "root.key").rename(tmp_path / "elsewhere")
    assert authority.create(tmp_path, "加油", NOW) == made
    (tmp_path / "issuing.pem").unlink()
    with pytest.raises(Unavailable, match=r"root\.key"):
        authority.create(tmp_path, "加油", NOW)
    (tmp_path / "elsewhere").rename(tmp_path / "root.key")
    assert authority.create(tmp_path, "加油", NOW).fingerprint == made.fingerprint


@pytest.mark.parametrize("name", ["root.pem", "issuing.pem", "issuing.key"])
def test_a_missing_or_damaged_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    authority.create(tmp_path, "加油", NOW)
    if name != "root.pem":
        (tmp_path / name).write_text("-----BEGIN NOTHING-----")
        with pytest.raises(Unavailable, match="damaged"):
            authority.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(Unavailable, match="Restore"):
        authority.load(tmp_path)


def test_a_key_of_another_backup_is_noticed(tmp_path: Path) -> None:
    authority.create(tmp_path, "加油", NOW)
    (tmp_path / "issuing.key").write_text(certificates.new_key())
    with pytest.raises(Unavailable, match="one backup"):
        authority.load(tmp_path)


def test_a_servers_certificate_is_renewed_in_time_and_when_its_names_change(tmp_path: Path) -> None:
    made = authority.create(tmp_path / "a", "加油", NOW)

    def pair(hosts: list[str], now: int) -> bool:
        return authority.server_pair(made, tmp_path / "s", "broker", hosts, now)[1]

    assert pair(["b.example", "127.0.0.1"], NOW)
    assert not pair(["127.0.0.1", "b.example"], NOW + 59 * DAY)
    assert pair(["b.example"], NOW + 59 * DAY)
    assert pair(["b.example"], NOW + 120 * DAY)
    (tmp_path / "s" / "broker.key").write_text("half a f")
    assert pair(["b.example"], NOW + 120 * DAY)


def test_the_companys_own_programs_show_who_they_are(tmp_path: Path) -> None:
    made = authority.create(tmp_path / "a", "加油", NOW)
    pair = authority.client_pair(made, tmp_path / "c", "head_office", NOW)
    assert certificates.read(pair.certificate.read_text()).name == "head_office"
