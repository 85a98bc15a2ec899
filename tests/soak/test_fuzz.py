"""Any bytes anywhere: on the serial line, in letters, in codes, in forms. Declared errors in words, and never a crash.

The quick tests do the same with a hundred examples; these take thousands, and examples nearer to the truth.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlencode

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from yarl import URL

from cloud.sync.intake import Intake
from cloud.sync.reading import Forged, Opened, Unreadable, open_claim, open_hello, open_letter, open_message
from cloud.sync.reading import fingerprint as letter_hash
from edge.sync.downlink import KINDS
from hardware.ports import Authorise, Clear, PointOnLine, PumpCommand, ReadState, ReadTotaliser, Stop, Transmit
from hardware.protocol import DispenserProtocol
from hardware.registry import DISPENSERS
from hardware.simulation.faults import Faults
from hardware.simulation.pump import SimulatedPoint
from shared.codes import read_scanned, read_typed, scanned_code
from shared.coupon import CouponKind, CouponTerms
from shared.errors import CodeMisread, LetterMisread
from shared.messages import Batch, Hello, Letter, SaleRecorded
from shared.signing import new_private_key, public_key
from shared.wire import batch_of, letter_bytes, pack, unpack
from tests.contract import test_any_letter as doors
from tests.contract.samples import MESSAGES
from tests.contract.test_any_letter import intake as intake
from tests.fakes.ends import sale_of
from tests.fakes.spoilt import spoilt
from tests.fakes.waiting import until
from tests.flow.chain import chain
from tests.flow.island import island

T = TypeVar("T")
pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

MANY = settings(max_examples=12_000, suppress_health_check=list(HealthCheck))
SOME = settings(max_examples=4_000, suppress_health_check=list(HealthCheck))
KEY = new_private_key()
TERMS = CouponTerms("0123456789ab", "冒烟券", CouponKind.AMOUNT, 1_500, 0, 2**45)
CODE = scanned_code(TERMS, 1, KEY)


def in_words(declared: type[Exception], call: Callable[[], T]) -> T | None:
    """What the call gives; None when it raised the declared error, with a sentence."""
    try:
        return call()
    except declared as why:
        said = str(why)
    assert said
    return None


# ── the serial line ──


@pytest.mark.parametrize("protocol", DISPENSERS.values(), ids=DISPENSERS.keys())
def test_any_bytes_on_the_line_leave_a_session_at_work(protocol: DispenserProtocol) -> None:
    @SOME
    @given(st.data())
    def any_bytes(data: DataObject) -> None:
        _talk(protocol, data)

    any_bytes()


def _talk(protocol: DispenserProtocol, data: DataObject) -> None:
    """Some exchanges with a real pump, whose answers are spoilt as the data will have it; then it must answer again."""
    first = protocol.first_address
    session = protocol.session([PointOnLine(1, first, 2)])
    pump = protocol.simulator(
        [SimulatedPoint(1, first, ("92#", "95#"), prices={1: 7_550, 2: 8_360})], Faults(), (0, 0), 1
    )
    wishes: tuple[PumpCommand, ...] = (Authorise(1, (1,), None), Stop(1), Clear(1), ReadState(1), ReadTotaliser(1, 1))
    now = 0
    for _ in range(data.draw(st.integers(1, 12))):
        now += 50_000
        session.submit(data.draw(st.sampled_from(wishes)))
        action = session.next(now)
        if isinstance(action, Transmit):
            right = b"".join(answer.data for answer in pump.receive(action.data, now))
            heard = data.draw(st.one_of(st.just(right), spoilt(right), st.binary(max_size=64)))
            if not session.receive(heard, now + 10_000):
                session.time_out(now + 40_000)
        session.events()
    pump.receive(data.draw(st.binary(max_size=64)), now)


@pytest.mark.parametrize("protocol", DISPENSERS.values(), ids=DISPENSERS.keys())
def test_any_bytes_can_be_explained(protocol: DispenserProtocol) -> None:
    @MANY
    @given(st.binary(max_size=300))
    def any_bytes(frame: bytes) -> None:
        assert isinstance(protocol.explain(frame), dict)

    any_bytes()


# ── letters ──

LETTERS = [letter_bytes(Letter(n, sale_of(n).finished, SaleRecorded(sale_of(n)))) for n in (1, 2)]
BATCH = batch_of("s1", 1_800_000_000, 1, LETTERS)
HELLO = pack(Hello("s1", 1_800_000_000, "store", 1, 2, 3, 4, 0, 0, 0, 0, "test"))


@MANY
@given(st.one_of(spoilt(BATCH), spoilt(HELLO), st.binary(max_size=400)))
def test_any_message_is_a_batch_or_unreadable_or_forged(data: bytes) -> None:
    message = open_message("s1", data)
    assert isinstance(message, Opened | Unreadable | Forged)
    if isinstance(message, Opened):
        for seq, raw in enumerate(message.letters, message.first):
            read = open_letter(seq, raw, letter_hash(raw))
            assert read.letter is not None or read.reason


@MANY
@given(st.one_of(spoilt(HELLO), spoilt(BATCH), st.binary(max_size=400)))
def test_any_question_is_one_or_is_refused_in_words(data: bytes) -> None:
    in_words(LetterMisread, lambda: open_hello("s1", data))
    in_words(LetterMisread, lambda: open_claim("s1", data))


@MANY
@given(st.binary(max_size=600))
def test_any_bytes_unpack_to_a_batch_or_a_declared_error(data: bytes) -> None:
    in_words(LetterMisread, lambda: unpack(data, Batch))


@SOME
@given(letters=st.lists(doors.a_letter(), min_size=1, max_size=6), data=st.data())
def test_of_any_letters_each_is_in_the_books_or_whole_among_the_dead(
    intake: Intake, letters: list[bytes], data: DataObject
) -> None:
    doors.company_takes(intake, letters, data)


@MANY
@given(name=st.sampled_from(sorted(MESSAGES)), kind=st.sampled_from([*KINDS, "x"]), data=st.data())
def test_of_any_message_the_station_makes_something_or_counts_it(name: str, kind: str, data: DataObject) -> None:
    doors.station_hears(name, kind, data)


def test_the_golden_letter_is_read_whole() -> None:
    """So that the tests above spoil something that was right."""
    message = open_message("s1", BATCH)
    assert isinstance(message, Opened)
    assert all(open_letter(n, raw, b"").letter is not None for n, raw in enumerate(message.letters, 1))


# ── codes ──


@MANY
@given(st.one_of(spoilt(CODE.encode()).map(lambda data: data.decode("latin1")), st.text(max_size=300)))
def test_no_scanned_code_but_the_right_one_is_believed(text: str) -> None:
    terms = in_words(CodeMisread, lambda: read_scanned(text, {1: public_key(KEY)}))
    assert terms in (None, TERMS), "a forged code was believed"


@MANY
@given(st.text(max_size=40))
def test_any_typed_code_is_sixteen_digits_or_misread(text: str) -> None:
    digits = in_words(CodeMisread, lambda: read_typed(text))
    assert digits is None or len(digits) == 16


# ── pages ──

_NAMES = (
    "point",
    "code",
    "name",
    "pin",
    "csrf",
    "once",
    "account",
    "password",
    "price",
    "starts",
    "grade",
    "count",
    "",
)
_WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
_FORM = st.dictionaries(st.one_of(st.sampled_from(_NAMES), _WORD), _WORD, max_size=6)
_PATH = st.one_of(
    st.sampled_from(
        ("/", "/login", "/verify", "/points/1", "/sales", "/prices", "/coupons", "/stations", "/cases", "/events")
    ),
    _WORD.map(lambda word: "/" + word.replace("/", "_")),
)


async def test_any_request_to_any_page_gets_an_answer_and_never_a_crash(tmp_path: Path) -> None:
    with island() as pumps:
        async with chain(tmp_path) as company, company.office(), company.station(pumps) as station:
            await until(lambda: station.agent.page_port)
            pages = [f"http://127.0.0.1:{station.agent.page_port}", f"http://127.0.0.1:{company.settings.office.port}"]
            await asyncio.to_thread(_requests, pages, asyncio.get_running_loop())


def _requests(pages: list[str], loop: asyncio.AbstractEventLoop) -> None:
    @settings(max_examples=3_000, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(pages), st.sampled_from(("GET", "POST", "PUT", "HEAD")), _PATH, _FORM)
    def any_request(page: str, method: str, path: str, form: dict[str, str]) -> None:
        asked = _ask(page, method, path, form)
        assert asyncio.run_coroutine_threadsafe(asked, loop).result(10) < 500

    any_request()


async def _ask(page: str, method: str, path: str, form: dict[str, str]) -> int:
    """As a browser sends it: in the address, or as a form's body."""
    words = urlencode(form)
    target = URL(f"{page}{quote(path)}" + (f"?{words}" if method in ("GET", "HEAD") else ""), encoded=True)
    headers = {"Origin": page, "HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}
    async with (
        aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(8)) as session,
        session.request(method, target, data=words.encode(), allow_redirects=False) as answer,
    ):
        return answer.status
