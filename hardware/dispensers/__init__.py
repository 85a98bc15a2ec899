"""Dispensers, a folder a protocol.

``frames`` is bytes ↔ frames, ``session`` the link in step, ``simulator`` the other end of the same bytes; all three are
pure. Drivers don't know each other; ``hardware.registry`` knows them all.
"""
