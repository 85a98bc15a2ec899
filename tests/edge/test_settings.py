"""A station's configuration: read whole, or refused with the sentence that mends it."""

from pathlib import Path

import msgspec
import pytest

from edge.app import check
from edge.settings import Settings, checked, read
from shared.errors import SettingsMisread
from shared.settings import keys_of, load

EXAMPLE = Path(__file__).parents[2] / "configs" / "edge.example.toml"
LEAST = """
[station]
id = "s1"
name = "第一加油站"
[store]
path = "s.db"
"""
GAUGE = """
[[gauges]]
name = "液位仪"
url = "socket://127.0.0.1:10001"
[[gauges.tanks]]
number = 1
grade = "92#"
name = "1 号罐"
capacity = 30000
"""
LINE = """
[[lines]]
name = "l1"
protocol = "wayne-dart"
url = "/dev/ttyUSB0"
[[lines.points]]
number = 1
address = 0x50
nozzles = ["92#"]
"""


def wrong(text: str) -> str:
    """The sentence with which this is refused."""
    with pytest.raises(SettingsMisread) as why:
        check(checked(load(text, Settings)))
    return str(why.value)


def test_the_example_can_be_used_and_names_every_option() -> None:
    settings = read(EXAMPLE)
    check(settings)
    text = EXAMPLE.read_text(encoding="utf-8")

    def names(kind: type[msgspec.Struct]) -> set[str]:
        return {name for key, below in keys_of(kind).items() for name in ({key} | (names(below) if below else set()))}

    missing = {name for name in names(Settings) if f"{name} =" not in text and f"{name}]" not in text}
    assert missing == set()


def test_two_sections_are_enough() -> None:
    settings = checked(load(LEAST, Settings))
    assert (settings.authorise, settings.broker, settings.lines) == ("attendant", None, ())
    assert settings.page.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("autorise = 'automatic'" + LEAST, "“autorise”. Did you mean “authorise”?"),
        (LEAST + "[page]\nprot = 1\n", "“page.prot”. Did you mean “port”?"),
        (LEAST + LINE.replace("address", "adress"), "“lines.points.adress”. Did you mean “address”?"),
        (LEAST + LINE + "decimals = { volum = 2 }\n", "“lines.points.decimals.volum”. Did you mean “volume”?"),
        ("authorise = 'nobody'" + LEAST, "Invalid enum value 'nobody'"),
        (LEAST.replace("s1", "Station 1"), "small letters"),
        (LEAST + LINE.replace('["92#"]', "[]"), "length >= 1"),
        (LEAST + LINE.replace('["92#"]', '[""]'), "length >= 1"),
        (LEAST + LINE.replace("number = 1", "number = 0"), ">= 1"),
        (LEAST + LINE + LINE.replace("l1", "l2").replace("USB0", "USB1"), "Two fuelling points have the number 1"),
        (
            LEAST + LINE + "[[lines.points]]\nnumber = 2\naddress = 0x50\nnozzles = ['0#']\n",
            "two points have the address",
        ),
        (
            LEAST + GAUGE.replace('name = "液位仪"', "name = 'g'\nprotocol = 'veeder-rot'"),
            "Did you mean “veeder-root”?",
        ),
        (
            LEAST + GAUGE.replace("[[gauges.tanks]]", "security_code = '12345'\n[[gauges.tanks]]"),
            "six letters or digits",
        ),
        (LEAST + GAUGE.replace("[[gauges.tanks]]", "every = 5\n[[gauges.tanks]]"), ">= 10"),
        (LEAST + GAUGE.replace("[[gauges.tanks]]", "volume_unit = 'hl'\n[[gauges.tanks]]"), "Invalid enum value 'hl'"),
        (LEAST + GAUGE + GAUGE[GAUGE.index("[[gauges.tanks]]") :], "On gauge “液位仪” two tanks have the number 1"),
        (LEAST + GAUGE + GAUGE.replace("液位仪", "二"), "Two lines have the url"),
        (LEAST + GAUGE + GAUGE.replace("10001", "10002"), "Two gauges have the name"),
        (LEAST + LINE.replace("wayne-dart", "wayne-drat"), "Did you mean “wayne-dart”?"),
        (LEAST + "[printer]\nurl = 'usb'\n", "is no printer's address"),
        (LEAST + "[printer]\nwidth = 60\n", "58 or 80"),
        (LEAST + "[broker]\nhost = 'h'\npassword = 'a'\npassword_file = 'b'\n", "not both"),
        ("authorise = ", "not valid TOML"),
        ("[station]\nid = 's1'\nname = 'x'\n", "store"),
    ],
)
def test_f04_a_wrong_configuration_is_refused_in_words(text: str, sentence: str) -> None:
    assert sentence in wrong(text)


def test_a_file_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(SettingsMisread, match="can't be read"):
        read(tmp_path / "none.toml")


def test_the_brokers_password_comes_out_of_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("word\n")
    settings = load(LEAST + f"[broker]\nhost = 'h'\npassword_file = '{secret}'\n", Settings)
    assert settings.broker is not None
    broker = settings.broker.broker("s1", tmp_path)
    assert (broker.user, broker.password) == ("s1", "word")
    secret.unlink()
    with pytest.raises(SettingsMisread, match="password_file"):
        settings.broker.broker("s1", tmp_path)


def test_with_tls_and_no_password_a_station_shows_its_papers(tmp_path: Path) -> None:
    settings = load(LEAST + "[broker]\nhost = 'h'\ntls = true\n", Settings)
    assert settings.broker is not None
    broker = settings.broker.broker("s1", tmp_path)
    assert [broker.ca, broker.certificate, broker.key] == [
        str(tmp_path / "now" / name) for name in ("authority.pem", "certificate.pem", "key.pem")
    ]


def test_a_door_that_is_not_encrypted_is_refused() -> None:
    assert "head_office" in wrong(LEAST + "[head_office]\ndoor = 'http://head.example'\n")
