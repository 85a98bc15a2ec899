"""Whose turn it is on a line, and what a turn is made of. Pure; knows no protocol.

``roster`` shares the line out between fuelling points: those that fuel are asked more often, the dead hardly ever.
``dialogue`` is a whole session for protocols in which the controller asks and the dispenser answers at once: such a
protocol needs only say what it asks and how it reads the answers. Wayne DART, which tells by itself and numbers its
blocks, has a session of its own on the same roster. ``single`` and ``telling`` are for dispensers whose points have one
nozzle: the recipes of their commands, and each piece of news once. Called by ``hardware.dispensers``.
"""
