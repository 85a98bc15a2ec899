"""Dispensers, a folder a protocol: ``frames`` (bytes ↔ frames), ``session`` (the link in step), ``simulator`` (the other end).

All three are pure. Drivers don't know each other; ``hardware.registry`` knows them all.
"""
