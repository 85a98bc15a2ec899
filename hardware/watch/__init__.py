"""The books of a line, for the engineer: how well it answers, what was said last, and what was said around an incident.

Knows no protocol, and costs the line's thread a few microseconds an exchange. ``hardware.driver`` writes in them; the
station reads, from any thread. May know ``ports`` and files. Pure: ``books`` counts, ``recording`` is the form in which
what was said is kept and handed on.
"""
