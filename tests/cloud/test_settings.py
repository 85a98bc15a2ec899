"""The configuration of head office: a sentence for whatever is wrong with it."""

from pathlib import Path

import pytest

from cloud import settings
from shared.errors import SettingsMisread


def read(tmp_path: Path, text: str) -> settings.Settings:
    path = tmp_path / "cloud.toml"
    path.write_text(text, encoding="utf-8")
    return settings.read(path)


def test_one_line_is_enough(tmp_path: Path) -> None:
    found = read(tmp_path, f'data = "{tmp_path}"')
    assert found.database_url == f"sqlite:///{tmp_path / 'company.sqlite'}"
    assert found.database_password == ""
    assert found.place.config == tmp_path / "broker" / "nats-server.conf"


def test_the_databases_password_lies_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    found = read(tmp_path, f'data = "x"\n[database]\nurl = "postgresql://j@h/d"\npassword_file = "{secret}"')
    assert (found.database_url, found.database_password) == ("postgresql://j@h/d", "open sesame")
    secret.unlink()
    with pytest.raises(SettingsMisread, match="can't be read"):
        assert found.database_password


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "data"),
        ('data = ""', "data"),
        ('data = "x"\ndatabse = 1', "database"),
        ('data = "x"\n[office]\nprot = 80', "port"),
        ('data = "x"\n[office]\nport = 80000', "65535"),
        ('data = "x"\n[office]\nport = "80"', "port"),
        ('data = "x"\n[coupons]\nlease_minutes = 0', "lease_minutes"),
        ('data = "x"\n[log]\nlevel = "loud"', "level"),
        ('data = "x"\n[broker]\ncertificate = "a.pem"', "needs its key"),
        ('data = "x"\n[line]\nkey = "a.pem"', "its certificate"),
        ('data = "x"\n[broker]\nhost = "0.0.0.0"', "without TLS"),
        ('data = "x"\n[door]\nhosts = []', "hosts"),
        ("data = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_said_in_words(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsMisread, match=said):
        read(tmp_path, text)


def test_a_broker_with_names_has_a_certificate_of_the_companys_own(tmp_path: Path) -> None:
    place = read(tmp_path, f'data = "{tmp_path}"\n[broker]\nhost = "0.0.0.0"\nnames = ["mqtt.example.com"]').place
    assert place.certificate == str(tmp_path / "broker" / "broker.pem")
    assert place.ca == str(tmp_path / "broker" / "root.pem")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsMisread, match=r"nowhere\.toml"):
        settings.read(tmp_path / "nowhere.toml")
