"""What people type at the touchscreen, read. Pure; whatever was sent, it is read or refused with the field's name."""

import re
from collections.abc import Mapping

from edge.forecourt.day import start_of
from shared.face import FormMisread
from shared.money import parse_yuan
from shared.sale import Preset, PresetKind
from shared.volume import parse_litres

LARGEST_AMOUNT = 999_900
"""Fen: a dispenser's display has six digits."""
LARGEST_VOLUME = 999_000
"""Millilitres."""
LONGEST_CODE = 1_000
_PLATE = re.compile(r"[\u4e00-\u9fffA-Z0-9]{2,10}\Z")
_MEMBER = re.compile(r"[0-9A-Za-z-]{1,32}\Z")


def preset(fields: Mapping[str, str]) -> Preset | None:
    """The limit that was chosen: ``limit`` is empty for none, or ``amount`` or ``volume`` with ``value`` as typed.

    A favourite is both in one: ``amount:200``. :exc:`FormMisread` for a value that is none, nothing, or too much.
    """
    limit, colon, value = fields.get("limit", "").partition(":")
    if not limit:
        return None
    value = value if colon else fields.get("value", "")
    try:
        kind = PresetKind(limit)
        number = parse_yuan(value) if kind is PresetKind.AMOUNT else parse_litres(value)
    except ValueError as why:
        raise FormMisread(str(why), "value") from why
    most = LARGEST_AMOUNT if kind is PresetKind.AMOUNT else LARGEST_VOLUME
    if not 0 < number <= most:
        raise FormMisread("A limit must be more than nothing, and no more than the dispenser can show.", "value")
    return Preset(kind, number)


def whole(fields: Mapping[str, str], name: str, most: int) -> int:
    """A whole number from 0 to ``most``; 0 when it was left out."""
    text = fields.get(name, "") or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= most):
        raise FormMisread(f"“{name}” is a whole number up to {most}.", name)
    return int(text)


def day(fields: Mapping[str, str], name: str, today: int, utc_offset: int) -> int:
    """When the wished day began, UTC milliseconds; today when none is wished, or one that is still to come."""
    text = fields.get(name, "")
    try:
        return min(today, start_of(text, utc_offset)) if text else today
    except (ValueError, OverflowError) as why:
        raise FormMisread("A day is written like 2026-11-22.", name) from why


def plate(fields: Mapping[str, str]) -> str:
    """A number plate without its dot and spaces, in capitals; empty to take it off."""
    text = re.sub(r"[\s·.・-]", "", fields.get("plate", "")).upper()
    if text and not _PLATE.match(text):
        raise FormMisread("A number plate has 2 to 10 letters, digits and Chinese characters.", "plate")
    return text


def member(fields: Mapping[str, str]) -> str:
    """A member's number; empty for none."""
    text = fields.get("member", "").strip()
    if text and not _MEMBER.match(text):
        raise FormMisread("A member's number has up to 32 letters, digits and hyphens.", "member")
    return text


def code(fields: Mapping[str, str]) -> str:
    """What was scanned or typed."""
    text = fields.get("code", "").strip()
    if not text or len(text) > LONGEST_CODE or not text.isprintable():
        raise FormMisread("There is no code to read.", "code")
    return text
