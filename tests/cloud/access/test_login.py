"""People come in by a code of one use and a password of their own; whoever guesses is locked out."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from cloud.access import accounts, auditing, login, sessions
from cloud.access.accounts import POWERS, FirstLogin, Power, Role
from cloud.access.sessions import SessionLife, Visitor
from cloud.store.database import Books
from cloud.store.tables import AccountRow, SessionRow
from shared.errors import Refused
from tests.cloud.scene import DAY, HOUR, MINUTE, NOW, Scene

PASSWORD = "加油不要忘记2026"
LIFE = SessionLife()


@pytest.fixture
def first(scene: Scene) -> FirstLogin:
    """An owner who has not come in yet."""
    found: FirstLogin = scene.write(accounts.add, "王总", Role.OWNER, "init", NOW)
    return found


@pytest.fixture
def token(books: Books, first: FirstLogin) -> str:
    """The owner has come in."""
    return login.first_login(books, "王总", first.code, PASSWORD, NOW).token


def reason(act: object, *words: object) -> str:
    with pytest.raises(Refused) as refused:
        act(*words)  # type: ignore[operator] # whatever is tried
    return refused.value.reason


def test_the_code_lets_in_once_and_sets_a_password(books: Books, first: FirstLogin) -> None:
    assert reason(login.log_in, books, "王总", first.code, NOW) == "first_login"
    login.first_login(books, "王总", first.code.lower(), PASSWORD, NOW)
    assert reason(login.first_login, books, "王总", first.code, PASSWORD + "!", NOW) == "wrong"
    assert login.log_in(books, "王总", PASSWORD, NOW).account == "王总"


COMMON = ("", "admin", "password", "123456", "12345678", "0000", "888888", "jiayou", "owner", "root", "changeme")


@pytest.mark.parametrize("name", ["owner", "admin", "root", "王总"])
def test_f116_no_word_that_everybody_knows_opens_a_new_head_office(books: Books, first: FirstLogin, name: str) -> None:
    """Before the first login there is no password at all; the only way in is a code that was shown once."""
    for number, word in enumerate(COMMON):
        with pytest.raises(Refused):
            login.log_in(books, name, word, NOW + number * DAY)
        with pytest.raises(Refused):
            login.first_login(books, name, word, PASSWORD, NOW + number * DAY)


def test_a_code_ends_after_a_day(books: Books, first: FirstLogin) -> None:
    assert reason(login.first_login, books, "王总", first.code, PASSWORD, NOW + DAY) == "wrong"


def test_no_secret_is_in_the_books(scene: Scene, first: FirstLogin, token: str) -> None:
    kept = str(scene.rows(AccountRow)) + str(scene.rows(SessionRow)) + str(scene.rows_of("audit"))
    assert not any(secret in kept for secret in (PASSWORD, first.code, token))
    assert scene.rows(AccountRow)[0].password_hash.startswith("$argon2id$")


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaa", "王总的密码王总的密码", "x" * 201])
def test_a_weak_password_is_refused(books: Books, first: FirstLogin, weak: str) -> None:
    assert reason(login.first_login, books, "王总", first.code, weak, NOW) == "weak_password"
    assert reason(login.first_login, books, "王总", first.code, first.code, NOW) == "weak_password"


def test_wrong_names_and_wrong_passwords_sound_the_same(books: Books, token: str) -> None:
    said = []
    for name in ("王总", "没有这个人"):
        with pytest.raises(Refused) as refused:
            login.log_in(books, name, "wrong password", NOW)
        said.append(str(refused.value))
    assert said[0] == said[1]


def test_guessing_locks_the_account_and_the_lock_outlives_the_process(scene: Scene, books: Books, token: str) -> None:
    for _ in range(login.FREE_TRIES):
        assert reason(login.log_in, books, "王总", "wrong password", NOW) == "wrong"
    again = Books(books.writer.url.render_as_string(hide_password=False))
    assert reason(login.log_in, again, "王总", PASSWORD, NOW + MINUTE - 1) == "locked"
    again.close()
    assert login.log_in(books, "王总", PASSWORD, NOW + MINUTE).account == "王总"
    assert scene.rows(AccountRow)[0].failures == 0


def test_a_hundred_guesses_at_once_are_a_hundred_guesses(books: Books, token: str) -> None:
    def guess(number: int) -> str:
        return reason(login.log_in, books, "王总", f"guess number {number}", NOW)

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(guess, range(40)))
    assert answers.count("wrong") == login.FREE_TRIES


def test_each_further_guess_doubles_the_wait() -> None:
    waits = [login.lock_time(failures) // MINUTE for failures in range(4, 14)]
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_session_is_good_until_it_idles_or_its_day_is_over(books: Books, token: str) -> None:
    def visitor(at: int) -> Visitor | None:
        return sessions.whose(books, token, at, LIFE)

    assert visitor(NOW) == Visitor("王总", Role.OWNER, POWERS[Role.OWNER])
    at = NOW
    while at < NOW + LIFE.life - 20 * MINUTE:
        at += 20 * MINUTE
        assert visitor(at) is not None or at == NOW + LIFE.life
    assert visitor(NOW + LIFE.life) is None


def test_an_idle_session_ends(books: Books, token: str) -> None:
    assert sessions.whose(books, token, NOW + LIFE.idle - 1, LIFE) is not None
    assert sessions.whose(books, token, NOW + 2 * LIFE.idle, LIFE) is None
    assert sessions.whose(books, "no such token", NOW, LIFE) is None
    assert sessions.whose(books, "\ud800", NOW, LIFE) is None


def test_logging_out_ends_it_at_once(scene: Scene, books: Books, token: str) -> None:
    scene.write(sessions.log_out, token, NOW)
    assert sessions.whose(books, token, NOW, LIFE) is None
    scene.write(sessions.log_out, token, NOW)


def test_shutting_somebody_out_ends_their_sessions(scene: Scene, books: Books, token: str) -> None:
    assert reason(scene.write, accounts.disable, "王总", "init", NOW) == "last_owner"
    scene.write(accounts.add, "李总", Role.OWNER, "王总", NOW)
    scene.write(accounts.disable, "王总", "李总", NOW)
    assert sessions.whose(books, token, NOW, LIFE) is None
    assert reason(login.log_in, books, "王总", PASSWORD, NOW) == "wrong"


def test_whoever_forgot_the_password_gets_a_code_and_every_session_ends(scene: Scene, books: Books, token: str) -> None:
    fresh = scene.write(accounts.new_code, "王总", "李总", NOW)
    assert sessions.whose(books, token, NOW, LIFE) is None
    assert reason(login.log_in, books, "王总", PASSWORD, NOW) == "wrong"
    login.first_login(books, "王总", fresh.code, PASSWORD + "!", NOW)


def test_a_new_password_ends_every_other_session(books: Books, token: str) -> None:
    other = login.change_password(books, "王总", PASSWORD, PASSWORD + "新", NOW).token
    assert sessions.whose(books, token, NOW, LIFE) is None
    assert sessions.whose(books, other, NOW, LIFE) is not None


def test_sessions_that_are_over_are_forgotten(scene: Scene, token: str) -> None:
    scene.write(sessions.forget, NOW + HOUR, LIFE)
    assert scene.rows(SessionRow) == []


def test_a_viewer_may_look_and_nothing_else(scene: Scene) -> None:
    assert POWERS[Role.VIEWER] == {Power.SEE}
    for power in set(Power) - {Power.SEE}:
        assert reason(accounts.must, POWERS[Role.VIEWER], power) == "not_allowed"
        accounts.must(POWERS[Role.OWNER], power)


def test_coming_and_failing_stand_in_the_audit(scene: Scene, books: Books, token: str) -> None:
    reason(login.log_in, books, "王总", "wrong password", NOW)
    login.log_in(books, "王总", PASSWORD, NOW)
    acts = [entry.act for entry in scene.read(auditing.page, 3)]
    assert acts == ["logged_in", "login_failed", "first_login"]
    assert scene.read(auditing.verify).broken_at is None


@pytest.mark.parametrize("name", ["", "长" * 41, "a\nb"])
def test_a_name_that_is_none_is_refused(small_scene: Scene, name: str) -> None:
    assert reason(small_scene.write, accounts.add, name, Role.VIEWER, "王总", NOW) == "bad_name"


def test_a_name_is_given_once(small_scene: Scene) -> None:
    small_scene.write(accounts.add, "小王", Role.VIEWER, "王总", NOW)
    assert reason(small_scene.write, accounts.add, " 小王 ", Role.OWNER, "王总", NOW) == "exists"
