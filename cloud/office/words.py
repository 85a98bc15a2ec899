"""How figures and deeds read in a person's language, where a template would have to decide too much. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cloud.cases.desk import CaseAct
from cloud.office.moments import HOUR, local
from cloud.stations.events import StationEvent
from shared.clock import TRUSTED_DIFFERENCE
from shared.coupon import CouponKind, CouponTerms
from shared.face.texts import Say
from shared.messages import Action, AuthorisePoint, FreePoint, ReprintSlip, StopPoint, SwitchStation
from shared.money import per_litre, yuan
from shared.sale import Preset, PresetKind
from shared.volume import litres

PHASE_TONES: Final[Mapping[str, str]] = {
    "calling": "warning",
    "authorised": "ready",
    "started": "ready",
    "fuelling": "brand",
    "suspended_started": "hold",
    "suspended_fuelling": "hold",
    "inoperative": "bad",
    "closed": "hold",
}
COMMAND_TONES: Final[Mapping[str, str]] = {
    "waiting": "",
    "sent": "ready",
    "done": "good",
    "refused": "bad",
    "run_out": "warning",
}
SLIP_TONES: Final[Mapping[str, str]] = {"printed": "good", "unconfirmed": "warning", "failed": "bad"}


def clock_words(say: Say, difference: int | None) -> str:
    """How far a station's clock is off, in milliseconds: ahead, behind, or right."""
    if difference is None:
        return "–"
    if abs(difference) <= TRUSTED_DIFFERENCE:
        return say("stations.clock_right")
    key = "stations.clock_ahead" if difference > 0 else "stations.clock_behind"
    return say(key, seconds=abs(difference) // 1000)


def preset_words(say: Say, preset: Preset | None) -> str:
    """What a filling is limited to."""
    if preset is None:
        return say("command.no_limit")
    if preset.kind is PresetKind.AMOUNT:
        return say("command.to_amount", yuan=yuan(preset.value))
    return say("command.to_volume", litres=litres(preset.value))


def action_words(say: Say, action: Action) -> str:
    """A command to a station."""
    match action:
        case AuthorisePoint(point=point, preset=preset):
            return say("command.did_authorise", n=point, limit=preset_words(say, preset))
        case StopPoint(point=0):
            return say("command.stop_all")
        case StopPoint(point=point):
            return say("command.stop_at", n=point)
        case FreePoint(point=point):
            return say("command.free_at", n=point)
        case SwitchStation(open=open_):
            return say("command.open" if open_ else "command.close")
        case ReprintSlip(epoch=epoch, seq=seq):
            return say("command.did_reprint", epoch=epoch, seq=seq)


def event_words(say: Say, event: StationEvent) -> str:
    """Something that a station told."""
    figures: dict[str, object] = {"by": "", "alarm": "", "detail": "", "program": "", "tries": 0, "n": event.point}
    figures |= event.detail
    if "alarm" in event.detail:
        figures["alarm"] = say.reason(str(event.detail["alarm"]), prefix="alarm")
    if "done" in event.detail:
        return say("event.command_done" if event.detail["done"] else "event.command_refused", **figures)
    if "open" in event.detail:
        return say("event.opened" if event.detail["open"] else "event.closed", **figures)
    key = f"event.{event.kind}"
    return say(key, **figures) if say.knows(key) else event.kind


def cost_words(say: Say, owner: str) -> str:
    """Who is proposed to bear a cost: ``head_office``, ``dealer:ID``, or nobody yet."""
    if owner.startswith("dealer:"):
        return say("case.dealer", id=owner.removeprefix("dealer:"))
    return say("case.head_office" if owner == "head_office" else "case.nobody")


def case_act_words(say: Say, act: CaseAct) -> str:
    """What somebody did about a case."""
    if act.act == "assigned":
        return say("case.act_assigned", to=act.text) if act.text else say("case.act_released")
    if act.act == "decided":
        decision, _, why = act.text.partition(" ")
        return say("case.act_decided", decision=say.reason(decision, decision, "decision"), text=why)
    return say("case.act_reopened", text=act.text) if act.act == "reopened" else act.text


def terms_words(say: Say, terms: CouponTerms) -> str:
    """What a coupon is worth."""
    match terms.kind:
        case CouponKind.AMOUNT:
            return say("coupon.off_amount", yuan=yuan(terms.value))
        case CouponKind.PER_LITRE:
            return say("coupon.off_per_litre", yuan=per_litre(terms.value))
        case CouponKind.PERCENT:
            return say("coupon.off_percent", percent=terms.value)


def fact_words(say: Say, name: str, value: Any) -> str:
    """One detail of an entry in the audit, as a person reads it; empty when there is nothing to read."""
    try:
        return _fact_words(say, name, value)
    except msgspec.MsgspecError:
        return str(value)


def _fact_words(say: Say, name: str, value: Any) -> str:
    match name, value:
        case (("starts_at" | "until"), int()):
            return local(value).strftime("%Y-%m-%d %H:%M:%S")
        case "prices", dict():
            return " ".join(f"{grade} {per_litre(price)}" for grade, price in value.items())
        case (("per_coupon" | "per_member_day" | "per_station_day"), int()):
            return yuan(value)
        case "book_age", int():
            return say("span.hour", n=value // HOUR)
        case "action", str():
            action: Action = msgspec.json.decode(value, type=Action)
            return action_words(say, action)
        case "terms", str():
            return terms_words(say, msgspec.json.decode(value, type=CouponTerms))
        case _, bool():
            return say("fact.yes" if value else "fact.no")
        case _, list():
            return " ".join(map(str, value))
        case "decision", str():
            return say.reason(value, prefix="decision")
        case "role", str():
            return say.reason(value, prefix="role")
    return str(value)
