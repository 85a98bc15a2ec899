"""How figures and deeds read in a person's language, where a template would have to decide too much. Pure."""

from collections.abc import Mapping
from typing import Final

from cloud.stations.events import StationEvent
from shared.clock import TRUSTED_DIFFERENCE
from shared.face.texts import Say
from shared.messages import Action, AuthorisePoint, ReprintSlip, StopPoint, SwitchStation
from shared.money import yuan
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
