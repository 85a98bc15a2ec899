"""Who may act: names, PINs, lock-outs, handing over, and the lock when nobody touches the screen."""

import asyncio

import pytest

from edge.attendant import people, roster
from edge.store import attendants
from edge.store.database import Store
from shared.errors import Refused
from tests.edge.attendant.conftest import STATION, Station
from tests.shared.face.stage import Browser


async def test_a_right_pin_opens_and_the_acts_are_in_that_name(station: Station, browser: Browser) -> None:
    assert await browser.post("/login", name="李明", pin=station.pin) == 303
    await browser.look("/")
    assert "李明" in browser.text
    station.forecourt.lift(1)
    assert await browser.post("/points/1/authorise") == 200
    assert station.forecourt.done[0][:3] == ("authorise", 1, "attendant:李明")


async def test_a_wrong_pin_says_so_and_opens_nothing(station: Station, browser: Browser) -> None:
    assert await browser.post("/login", name="李明", pin="000000") == 200
    assert "密码不对" in browser.text
    assert await browser.post("/points/1/authorise") == 303
    assert station.forecourt.done == []


@pytest.mark.parametrize(("name", "pin"), [("", "123456"), ("nobody", "123456"), ("李明", ""), ("李明", "12345猫")])
async def test_no_name_and_no_pin_are_sentences_too(browser: Browser, name: str, pin: str) -> None:
    assert await browser.post("/login", name=name, pin=pin) == 200
    assert "请先选择姓名" in browser.text or "密码不对" in browser.text


async def test_guessing_locks_the_name_and_a_restart_does_not_forget(station: Station, browser: Browser) -> None:
    for _ in range(5):
        await browser.post("/login", name="李明", pin="000000")
    assert "输错太多次" in browser.text
    await browser.post("/login", name="李明", pin=station.pin)
    assert "输错太多次" in browser.text, "the right PIN does not help while the name is locked"
    station.store.close()
    again = Store.open(station.folder / "station.sqlite", STATION)
    person = again.call(attendants.find, "李明")
    again.close()
    assert person is not None
    assert (person.failures, person.locked_until > 0) == (5, True)


async def test_ten_guesses_at_once_count_as_ten(station: Station, browser: Browser) -> None:
    form = {"csrf": browser.csrf, "name": "李明"}
    answers = await asyncio.gather(
        *(browser.client.post("/login", data=form | {"pin": f"{guess:06}"}) for guess in range(10))
    )
    assert {answer.status for answer in answers} == {200}
    person = await station.store.read(attendants.find, "李明")
    assert person is not None
    assert person.failures == 5, "after the fifth the lock stands, and no further PIN is even tried"


async def test_after_the_wait_the_right_pin_opens_and_all_is_forgiven(station: Station, browser: Browser) -> None:
    await station.store.run(attendants.note_wrong_pin, "李明", station.store.clock.wall() - 1)
    assert await browser.post("/login", name="李明", pin=station.pin) == 303
    person = await station.store.read(attendants.find, "李明")
    assert person is not None
    assert person.failures == 0


async def test_handing_over_ends_the_one_session_and_begins_the_other(station: Station, attendant: Browser) -> None:
    pin = roster.enlist(station.store, "王芳")
    before = attendant.client.session.cookie_jar.filter_cookies(attendant.client.make_url("/"))["jiayou_edge_session"]
    assert await attendant.post("/login", name="王芳", pin=pin) == 303
    await attendant.look("/")
    assert "王芳" in attendant.text
    assert await people.Door(station.store).whose(before.value) is None


async def test_logging_out_leaves_the_forecourt_in_sight_and_out_of_reach(station: Station, attendant: Browser) -> None:
    assert await attendant.post("/logout") == 303
    assert await attendant.look("/") == 200
    assert 'id="point-1"' in attendant.text
    assert await attendant.post("/points/1/authorise") == 303
    assert station.forecourt.done == []


async def test_a_screen_that_nobody_touches_locks_itself(
    station: Station, attendant: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "IDLE", -1)
    assert await attendant.post("/points/1/authorise") == 303
    assert station.forecourt.done == []


async def test_who_is_removed_is_out_at_once(station: Station, attendant: Browser) -> None:
    await asyncio.to_thread(roster.dismiss, station.store, "李明")
    assert await attendant.post("/points/1/authorise") == 303
    assert station.forecourt.done == []


def test_the_roster_is_kept_by_command(station: Station) -> None:
    roster.enlist(station.store, "  王  芳 ")
    assert {person.name for person in roster.roster(station.store)} == {"李明", "王 芳"}
    with pytest.raises(Refused, match="already"):
        roster.enlist(station.store, "李明")
    with pytest.raises(Refused, match="no attendant"):
        roster.dismiss(station.store, "赵六")
    for name in ("", "a" * 25, "a:b", "a\x00b"):
        with pytest.raises(Refused, match="1 to 24"):
            roster.enlist(station.store, name)


async def test_a_station_without_attendants_says_what_to_do(station: Station, browser: Browser) -> None:
    await asyncio.to_thread(roster.dismiss, station.store, "李明")
    assert await browser.look("/login") == 200
    assert "jiayou-edge attendant add" in browser.text
