"""What a customer shows at a fuelling point: a coupon, a member card, a number plate."""

from msgspec.structs import replace

from edge.forecourt.controller import Controller
from edge.forecourt.memory import PointMemory
from edge.forecourt.views import CouponView
from edge.store import presented
from edge.store.presented import Presented, ShownCoupon
from shared.coupon import judge
from shared.errors import Refused, Unavailable


async def present(controller: Controller, text: str, by: str) -> CouponView:
    """Read the code, and keep the coupon at this point until its filling is over. :exc:`Refused` says why not."""
    memory = controller.memory
    _permit(memory)
    customer = memory.customers
    try:
        coupon = await memory.grounds.desk.read(memory.number, text, by, memory.filling())
        return await controller.ask(lambda: _keep_coupon(memory, coupon, customer))
    except Unavailable as why:
        raise Refused("store", str(why)) from why


async def restore(memory: PointMemory) -> None:
    """What was shown before the agent was restarted lies there still."""
    if memory.shown is not None and memory.shown.coupon is not None:
        memory.known = await memory.grounds.desk.judge(memory.shown.coupon)


async def withdraw(controller: Controller) -> None:
    """Take the coupon off; who the customer is stays."""
    memory = controller.memory

    async def take_off() -> None:
        if memory.shown is not None:
            await _keep(memory, replace(memory.shown, coupon=None))
        memory.known = None

    await controller.ask(take_off)


async def identify(controller: Controller, member: str, plate: str) -> None:
    """Who is here; empty words take it back."""
    memory = controller.memory

    async def note() -> None:
        await _keep(memory, replace(_shown(memory), member=member.strip(), plate=plate.strip().upper()))

    await controller.ask(note)


def _permit(memory: PointMemory) -> None:
    if not memory.may_present():
        raise Refused("not_now", "No coupon can be shown at this fuelling point now.")
    if memory.shown is not None and memory.shown.coupon is not None:
        raise Refused("coupon_there", "A coupon lies at this fuelling point already. Take it off first.")


async def _keep_coupon(memory: PointMemory, coupon: ShownCoupon, customer: int) -> CouponView:
    """The answer took a moment: the point may have gone on to its next customer meanwhile."""
    _permit(memory)
    if memory.customers != customer:
        raise Refused("too_late", "The filling ended while the coupon was being checked. It was not used.")
    await _keep(memory, replace(_shown(memory), coupon=coupon))
    memory.known = await memory.grounds.desk.judge(coupon)
    verdict = judge(coupon.terms, memory.filling(), memory.known)
    return CouponView(coupon.terms.coupon, coupon.terms.campaign, verdict, coupon.online)


async def _keep(memory: PointMemory, shown: Presented) -> None:
    shown = replace(shown, at=memory.grounds.clock.now())
    try:
        kept = await memory.grounds.store.run(presented.keep, shown)
    except Unavailable as why:
        raise Refused("store", str(why)) from why
    if not kept:
        raise Refused("coupon_elsewhere", "This coupon lies at another fuelling point. Take it off there first.")
    memory.shown = shown


def _shown(memory: PointMemory) -> Presented:
    return memory.shown or Presented(memory.number, 0)
