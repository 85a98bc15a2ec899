"""A bad road for letters: a network in front of a broker, which loses, doubles, delays, cuts and pretends to be well.

Pure: ``packets`` (MQTT packets in a stream, whole), ``troubles`` (what becomes of each, by dice with a seed). With a
clock and sockets: ``proxy``; ``program`` is ``jiayou-sim proxy``. It knows nothing of what is in a letter. Tests and
whoever wants to see how a station bears a bad line call it.
"""
