"""Asking head office for a coupon while the customer waits: an answer within a moment, or none."""

import asyncio
from collections.abc import Callable

from shared.messages import ClaimAnswer, CouponClaim

TIMEOUT = 1.5
"""Seconds after which the station decides by itself."""


class Claims:
    """Questions on their way, by their ``ask``. ``send`` says False when there is no line."""

    def __init__(self, send: Callable[[CouponClaim], bool]) -> None:
        self._send = send
        self._waiting: dict[str, asyncio.Future[ClaimAnswer]] = {}

    async def claim(self, claim: CouponClaim, timeout: float = TIMEOUT) -> ClaimAnswer | None:  # noqa: ASYNC109 - the caller's patience is part of the question
        """Head office's answer; None when there is no line, or no answer within ``timeout`` seconds."""
        if claim.ask in self._waiting or not self._send(claim):
            return None
        answer: asyncio.Future[ClaimAnswer] = asyncio.get_running_loop().create_future()
        self._waiting[claim.ask] = answer
        try:
            async with asyncio.timeout(timeout):
                return await answer
        except TimeoutError:
            return None
        finally:
            del self._waiting[claim.ask]

    def answered(self, answer: ClaimAnswer) -> None:
        """An answer came; one that nobody waits for any more is let go: the lease in the coupon book tells the same."""
        waiting = self._waiting.get(answer.ask)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)
