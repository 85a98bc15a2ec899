"""The kit of every page: one look, one language switch, one set of locks, for the station and for head office.

It may know aiohttp, Jinja and the words of ``shared``; it knows no station and no company. ``edge.attendant`` and
``cloud.office`` call it: each makes a :class:`Face` of its templates and texts, adds views, and gets an application.

A view is ``async def view(visit: Visit) -> web.StreamResponse``. What the kit does for it, whatever it forgets:
Host allow-list, security headers, CSRF and request tokens on each POST, log-in by default, errors as sentences.
"""

from shared.face.face import Face, NavItem
from shared.face.hub import Hub, Story
from shared.face.once import new_once
from shared.face.person import Person, Sessions, new_token, token_hash
from shared.face.texts import Say, Texts
from shared.face.visit import FormMisread, LoginNeeded, Visit

__all__ = [
    "Face",
    "FormMisread",
    "Hub",
    "LoginNeeded",
    "NavItem",
    "Person",
    "Say",
    "Sessions",
    "Story",
    "Texts",
    "Visit",
    "new_once",
    "new_token",
    "token_hash",
]
