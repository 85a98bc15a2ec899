"""Tank gauges: consoles that know how much is in each tank.

``ports`` says what a gauge tells whatever its make, ``protocol`` is the card of a make, ``registry`` has a line for
each; a folder is one protocol. All of that is pure: ``hardware.driver`` moves the bytes, over a serial port or over TCP
to the console, and no port of ours is ever opened for a gauge to come in by. ``program`` is the simulated console's
part of ``jiayou-sim``.

It may know ``shared``, ``hardware.ports`` and the simulation's bytes. ``edge.tanks`` calls it.
"""
