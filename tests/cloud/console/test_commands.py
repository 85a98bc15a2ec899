"""The command line: every command does what it says, prints for people or programs, and fails with a sentence."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from cloud.__main__ import main
from cloud.console import trial
from cloud.console.acts import books_of
from cloud.console.parser import parser
from cloud.console.printed import as_text, table
from cloud.founding import authority_of, broker_password, gate_of, key_file, now, tell_broker
from cloud.identity import enrolling
from cloud.settings import read
from cloud.store.migrate import NEWEST, revisions
from shared import certificates
from shared.codes import read_typed
from shared.enrolment import read_ticket


class Desk:
    """A head office of one's own, worked from the command line."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.config = directory / "cloud.toml"
        self.config.write_text(f'data = "{directory / "data"}"\n', encoding="utf-8")
        self._capsys = capsys

    def __call__(self, *words: str) -> Any:
        """What a command says to a program."""
        code = main([*words, "--config", str(self.config), "--json"])
        said = self._capsys.readouterr()
        assert (code, said.err) == (0, "")
        assert said.out.count("\n") == 1
        return json.loads(said.out)

    def text(self, *words: str) -> str:
        """What a command says to a person."""
        assert main([*words, "--config", str(self.config)]) == 0
        return self._capsys.readouterr().out

    def fails(self, *words: str) -> tuple[int, str]:
        """The exit code and the sentence of a command that fails."""
        code = main([*words, "--config", str(self.config), "--json"])
        said = self._capsys.readouterr()
        assert said.out == ""
        return code, said.err


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A configuration, and nothing else."""
    return Desk(tmp_path, capsys)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a head office with one station, made once."""
    directory = tmp_path_factory.mktemp("founded")
    config = directory / "cloud.toml"
    config.write_text(f'data = "{directory / "data"}"\n', encoding="utf-8")
    for words in (
        ("init",),
        ("dealer", "add", "东方石油"),
        ("region", "add", "华东"),
        ("station", "add", "pudong-1", "--name", "浦东站", "--dealer", "东方石油", "--region", "华东"),
    ):
        assert main([*words, "--config", str(config)]) == 0
    return directory / "data"


@pytest.fixture
def desk(empty: Desk, founded: Path, tmp_path: Path) -> Desk:
    """A head office with one station, for each test its own."""
    shutil.copytree(founded, tmp_path / "data")
    return empty


def test_a_head_office_is_founded_once(empty: Desk) -> None:
    first = empty("init", "--owner", "王总")
    assert (first["account"], len(first["code"])) == ("王总", 19)
    code, said = empty.fails("init")
    assert (code, "account code NAME" in said) == (1, True)
    settings = read(empty.config)
    assert key_file(settings).stat().st_mode & 0o777 == 0o600
    assert first["code"] not in str(list(settings.directory.rglob("*")))


def test_the_brokers_configuration_is_for_its_owners_eyes_and_holds_no_station(desk: Desk) -> None:
    admitted = desk("station", "password", "pudong-1")
    settings = read(desk.config)
    tell_broker(settings)
    config = settings.place.config
    assert config.stat().st_mode & 0o777 == 0o600
    text = config.read_text()
    for secret in (admitted["password"], broker_password(settings), gate_of(settings).asked_seed):
        assert secret not in text
    (hashed,) = [line.split('password: "')[1].split('"')[0] for line in text.splitlines() if "password: " in line]
    assert bcrypt.checkpw(broker_password(settings).encode(), hashed.encode())
    assert "pudong-1" not in text


def test_commands_before_the_founding_say_what_to_do(empty: Desk) -> None:
    code, said = empty.fails("station", "list")
    assert (code, "jiayou-cloud migrate" in said) == (1, True)


def test_a_price_is_set_for_all_and_not_for_the_far_future(desk: Desk) -> None:
    made = desk("price", "set", "92#=7.85", "95#=8.36", "--by", "王总")
    assert (made["version"], made["prices"], made["made_by"]) == (1, {"92#": 7850, "95#": 8360}, "王总")
    code, said = desk.fails("price", "set", "92#=7.99", "--station", "pudong-1", "--at", "2099-01-01T06:00")
    assert (code, "more than a year away" in said) == (1, True)


def test_coming_prices_are_cancelled_and_superseded(desk: Desk) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")
    coming = desk("price", "set", "92#=7.99", "--station", "pudong-1", "--at", tomorrow)
    assert (coming["state"], coming["stations"]) == ("coming", ["pudong-1"])
    better = desk("price", "set", "92#=7.95", "--at", tomorrow, "--instead-of", str(coming["version"]))
    desk("price", "cancel", str(better["version"]))
    assert [one["state"] for one in desk("price", "list")] == ["cancelled", "superseded"]
    ladder = desk("price", "ladder", str(coming["version"]))
    assert (ladder["nozzles"], ladder["read_back"], ladder["stations"][0]["station"]) == (0, 0, "pudong-1")


def test_coupons_are_issued_with_their_codes_and_pictures(desk: Desk, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    words = ("--value", "15.00", "--days", "30", "--typed", "--count", "2", "--pictures", str(pictures))
    issued = desk("coupon", "issue", "满减券", *words)
    assert [read_typed(one["code"]) for one in issued["coupons"]]
    assert {path.stem for path in pictures.glob("*.png")} == {one["coupon"] for one in issued["coupons"]}
    again = desk("coupon", "issue", "满减券", "--value", "15")
    assert again["coupons"][0]["code"] == ""
    code, said = desk.fails("coupon", "issue", "满减券", "--value", "16")
    assert (code, "other terms" in said) == (1, True)
    desk("coupon", "lease", again["coupons"][0]["coupon"], "pudong-1")
    desk("coupon", "revoke", again["coupons"][0]["coupon"])
    (station,) = desk("station", "list")
    assert station["coupons_current"] > station["coupons_held"] == 0


def test_people_are_let_in_and_shut_out(desk: Desk) -> None:
    assert desk("account", "add", "小王", "--role", "viewer")["account"] == "小王"
    desk("account", "code", "小王")
    desk("account", "disable", "小王")
    people = {one["name"]: one for one in desk("account", "list")}
    assert people["小王"]["disabled_at"] is not None
    code, said = desk.fails("account", "disable", "owner")
    assert (code, "last owner" in said) == (1, True)


def test_the_books_come_to_nothing_yet(desk: Desk) -> None:
    sums = desk("sales", "--point", "1", "--day", "2026-11-22", "--station", "pudong-1")
    assert {name: sums[name] for name in ("sales", "settled", "disputed", "volume", "amount", "redemptions")} == {
        "sales": 0, "settled": 0, "disputed": 0, "volume": 0, "amount": 0, "redemptions": 0,
    }  # fmt: skip
    assert desk("station", "gaps", "pudong-1") == []
    assert desk("audit")["entries"] == 7
    assert desk("migrate") == {"revision": NEWEST}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("station", "add", "BAD", "--name", "x", "--dealer", "东方石油", "--region", "华东"), "small letters"),
        (("station", "add", "ok-1", "--name", "x", "--dealer", "没有", "--region", "华东"), "no dealer"),
        (("station", "gaps", "atlantis-1"), "no station"),
        (("price", "set", "92#"), "not a grade and its price"),
        (("price", "set", "92#=seven"), "not a price"),
        (("price", "set", "92#=7.85", "--at", "morgen"), "not a time"),
        (("price", "ladder", "9"), "no tariff 9"),
        (("coupon", "issue", "x", "--value", "a lot"), "not an amount"),
        (("coupon", "revoke", "none"), "no coupon"),
        (("account", "code", "谁"), "no account"),
    ],
)
def test_what_is_refused_is_said_in_one_sentence(desk: Desk, words: tuple[str, ...], said: str) -> None:
    code, sentence = desk.fails(*words)
    assert (code, sentence.count("\n"), sentence.startswith("jiayou-cloud: ")) == (1, 1, True)
    assert said in sentence


def test_a_wrong_configuration_has_an_exit_code_of_its_own(empty: Desk) -> None:
    empty.config.write_text('dta = "x"', encoding="utf-8")
    code, said = empty.fails("check-config")
    assert (code, "“data”" in said) == (2, True)


def test_a_right_configuration_is_shown_without_its_password(empty: Desk) -> None:
    assert empty("check-config")["pages"] == "http://127.0.0.1:8080"
    with empty.config.open("a", encoding="utf-8") as file:
        file.write('[database]\nurl = "postgresql://jiayou:secret@db.example/jiayou"\n')
    assert "secret" not in empty.text("check-config")


def test_people_get_tables_and_lines(desk: Desk) -> None:
    listing = desk.text("station", "list").splitlines()
    assert listing[0].split()[:2] == ["id", "name"]
    assert listing[1].split()[:2] == ["pudong-1", "浦东站"]
    assert desk.text("price", "list") == "(none)\n"
    assert "sales: 0" in desk.text("sales")


def test_columns_stand_under_their_names_in_chinese_too() -> None:
    lines = table([{"name": "浦东站", "open": True}, {"name": "a", "open": None}]).splitlines()
    assert lines == ["name    open", "浦东站  yes", "a       -"]
    assert as_text({"a": [1, 2]}) == "a: [1,2]"


def test_a_station_is_enrolled_and_its_stolen_disk_shut_out(desk: Desk) -> None:
    with desk.config.open("a", encoding="utf-8") as config:
        config.write('[door]\nhosts = ["127.0.0.1"]\n')
    added = desk("station", "add", "pudong-2", "--name", "浦东二站", "--dealer", "东方石油", "--region", "华东")
    assert "password" not in added
    second = desk("station", "code", "pudong-2")
    assert read_ticket(added["code"]).secret != read_ticket(second["code"]).secret
    assert desk("station", "certificates", "pudong-2") == []
    settings = read(desk.config)
    with books_of(settings) as books, books.begin() as connection:
        wanted = certificates.request(certificates.new_key(), "pudong-2")
        secret = read_ticket(second["code"]).secret
        enrolling.enrol(connection, authority_of(settings), secret, "pudong-2", wanted, now())
    (given,) = desk("station", "certificates", "pudong-2")
    desk("station", "revoke-certificate", "pudong-2", "--serial", given["serial"], "--why", "电脑被盗")
    (given,) = desk("station", "certificates", "pudong-2")
    assert given["revoked_why"] == "电脑被盗"
    code, said = desk.fails("station", "revoke-certificate", "pudong-2", "--why", "again")
    assert (code, "still good" in said) == (1, True)


@pytest.mark.parametrize("words", [["--help"], ["station", "--help"], ["coupon", "issue", "--help"]])
def test_help_is_there_for_every_word(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    assert "usage: jiayou-cloud" in capsys.readouterr().out


def test_wrong_words_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["sell", "everything"])
    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_the_directory_of_a_node_is_all_that_its_machine_needs(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("configs/cluster/node-2.toml").read_text("utf-8")
    data = read(desk.config).directory
    desk.config.write_text(text.replace("/var/lib/jiayou-cloud", str(data)), "utf-8")
    capsys.readouterr()
    assert main(["broker", "--write", "--config", str(desk.config)]) == 0
    node = Path(capsys.readouterr().out.strip())
    assert node == data / "broker" / "node-2"
    assert {path.name for path in node.iterdir()} == {"nats-server.conf", "broker.pem", "broker.key", "root.pem"}
    written = (node / "nats-server.conf").read_text()
    assert 'server_name: "node-2"' in written
    assert "stream_replicas: 3" in written
    assert str(data / "keys") not in written


def test_a_trial_cluster_is_three_nodes_that_know_each_other(desk: Desk) -> None:
    each = list(trial.nodes(read(desk.config)))
    first = each[0].broker.port
    assert [one.broker.port for one in each] == [first, first + 1, first + 2]
    assert len({one.place.directory for one in each}) == 3
    assert len({one.place.cluster.routes for one in each if one.place.cluster}) == 1
    for one in each:
        assert one.place.cluster is not None
        assert f"127.0.0.1:{one.place.cluster.port}" in one.place.cluster.routes


def test_command_keys_are_rotated_and_two_stay_active(desk: Desk) -> None:
    assert [(key["key"], key["active"]) for key in desk("keys", "list")] == [(1, True), (2, True)]
    assert [(key["key"], key["active"]) for key in desk("keys", "rotate")] == [(1, False), (2, True), (3, True)]
    assert "private" not in desk.text("keys", "list")


def test_the_books_are_fitted_for_an_older_program_and_back(desk: Desk) -> None:
    older = revisions()[-2]
    assert desk("downgrade", "--to", older) == {"revision": older}
    code, said = desk.fails("station", "list")
    assert (code, "jiayou-cloud migrate" in said) == (1, True)
    code, said = desk.fails("downgrade", "--to", NEWEST)
    assert (code, f"They can go back to {', '.join(revisions()[:-1])}." in said) == (1, True)
    assert desk("migrate") == {"revision": NEWEST}
    assert [one["id"] for one in desk("station", "list")] == ["pudong-1"]
