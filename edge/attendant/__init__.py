"""The attendants' touchscreen: the forecourt live, and everything that a person at the station does.

It may know the forecourt's facade, the station's store (for who is logged in and for slips), ``hardware.printers`` (to
draw a slip as a picture) and the face kit. ``edge.app`` builds it and serves it. Nothing here or in the browser is the
truth: every page is drawn from the forecourt, and a wiped browser loses nothing.

Pure: ``cards`` (what a fuelling point's card says), ``forms`` (what a person typed), ``pins``.
"""

from edge.attendant.site import TEXTS, build

__all__ = ["TEXTS", "build"]
