"""The words that the station and the company both speak.

Nothing here does I/O, reads a clock or waits, with two exceptions by name: ``shared.mqtt`` (the pipe) and
``shared.face`` (the kit of every page). Everybody may import this room; it imports nobody.
"""
