"""Asking head office while the customer waits."""

import asyncio
import time

from edge.sync.claims import Claims
from shared.coupon import Filling
from shared.messages import ClaimAnswer, CouponClaim


def claim(ask: str = "q1") -> CouponClaim:
    return CouponClaim(ask, Filling("pudong-1", "92#", 20_000, 25_480), coupon="C1")


async def test_the_answer_reaches_who_asked() -> None:
    claims = Claims(lambda _: True)
    first, second = asyncio.create_task(claims.claim(claim("q1"))), asyncio.create_task(claims.claim(claim("q2")))
    await asyncio.sleep(0)
    claims.answered(ClaimAnswer("q2", "used_up"))
    claims.answered(ClaimAnswer("q1", "accepted"))
    assert (await first, await second) == (ClaimAnswer("q1", "accepted"), ClaimAnswer("q2", "used_up"))


async def test_without_a_line_there_is_no_waiting() -> None:
    before = time.monotonic()
    assert await Claims(lambda _: False).claim(claim()) is None
    assert time.monotonic() - before < 0.1


async def test_without_an_answer_the_customer_waits_no_longer_than_said() -> None:
    before = time.monotonic()
    assert await Claims(lambda _: True).claim(claim(), 0.2) is None
    assert 0.15 < time.monotonic() - before < 1.0


async def test_late_double_and_foreign_answers_do_no_harm() -> None:
    claims = Claims(lambda _: True)
    claims.answered(ClaimAnswer("never asked", "accepted"))
    assert await claims.claim(claim(), 0.05) is None
    claims.answered(ClaimAnswer("q1", "accepted"))
    again = asyncio.create_task(claims.claim(claim()))
    await asyncio.sleep(0)
    claims.answered(ClaimAnswer("q1", "expired"))
    claims.answered(ClaimAnswer("q1", "accepted"))
    assert await again == ClaimAnswer("q1", "expired")
