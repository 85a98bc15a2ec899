"""A station's machine, seen from head office: its code, its certificates, and taking them back."""

import re

from cloud.identity import enrolling
from cloud.settings import Door as Place
from cloud.settings import Settings
from cloud.store.database import Books
from shared import certificates
from shared.enrolment import read_ticket
from tests.cloud.office.stage import Browser, Stage
from tests.cloud.scene import STATIONS

S1 = STATIONS[0]
MACHINE = f"/stations/{S1}/machine"


def enrol(stage: Stage, code: str) -> str:
    """A machine uses the code; its certificate's serial."""
    wanted = certificates.request(certificates.new_key(), S1)
    with stage.books.begin() as connection:
        secret = read_ticket(code).secret
        pem, _ = enrolling.enrol(connection, stage.authority, secret, S1, wanted, stage.clock)
    return certificates.read(pem).serial


async def new_code(owner: Browser) -> str:
    await owner.look(MACHINE)
    page = await owner.send(f"/stations/{S1}/code")
    (code,) = re.findall(r'id="enrolment-code">([^<]+)<', page)
    return str(code)


async def test_a_code_is_shown_once_and_makes_a_certificate(owner: Browser, busy: Stage) -> None:
    assert "还没有登记过" in await owner.look(MACHINE)
    code = await new_code(owner)
    assert read_ticket(code).names(busy.authority.fingerprint)
    assert code not in await owner.look(MACHINE)
    serial = enrol(busy, code)
    page = await owner.look(MACHINE)
    assert serial[:12] in page
    assert "有效" in page


async def test_a_stolen_disk_is_shut_out_with_a_name_and_a_reason(owner: Browser, busy: Stage) -> None:
    enrol(busy, await new_code(owner))
    await owner.look(MACHINE)
    await owner.send(f"/stations/{S1}/certificates", {"why": ""})
    assert owner.status == 400
    page = await owner.send(f"/stations/{S1}/certificates", {"why": "电脑被盗"})
    assert "已作废" in page
    assert "电脑被盗" in page
    assert "作废证书" in await owner.look("/audit")


async def test_another_enrolment_says_so_beside_the_old_certificate(owner: Browser, busy: Stage) -> None:
    for _ in range(2):
        enrol(busy, await new_code(owner))
    assert "已由新登记取代" in await owner.look(MACHINE)


async def test_who_may_only_look_makes_no_codes(viewer: Browser) -> None:
    assert "新的登记码" not in await viewer.look(MACHINE)
    await viewer.send(f"/stations/{S1}/code")
    assert viewer.status == 403


async def test_a_station_that_is_not_there_has_no_machine(owner: Browser) -> None:
    await owner.look("/stations/atlantis-1/machine")
    assert owner.status == 409


async def test_with_a_door_a_new_station_gets_a_code_and_no_password(sqlite_books: Books) -> None:
    settings = Settings(data="unused", name="示范加油", door=Place(("head.example",)))
    founded = Stage.founded(sqlite_books)
    stage = Stage(founded.scene, settings=settings, codes=founded.codes)
    async with stage.browser() as owner:
        await owner.look("/new-station")
        fields = {"id": "xuhui-1", "name": "徐汇一站", "dealer": "东方石油", "region": "华东"}
        page = await owner.send("/new-station", fields)
        assert "请为它的电脑生成登记码" in page
        assert 'id="password"' not in page
        page = await owner.send("/stations/xuhui-1/code")
        assert "https://head.example:8443" in page
