"""Wayne DART, also known as Dresser Wayne, Europump, S4S, and spoken by Mekser, Mepsan and Tekser clones.

``frames`` is bytes ↔ frames; ``transactions`` what is said inside them: ``commands`` to the pump and ``readings`` from
it, made of what is in ``spoken``; ``options`` in what makes and editions differ; ``counters`` the block numbers of both
ends; ``point`` one fuelling point as the controller knows it; ``recipes`` how a command is carried out, ``work`` one of
them under way; ``peer`` the link with one pump; ``session`` the whole line in step; ``simulator`` the other end of the
same bytes, with ``head`` as its computer; ``explain`` a frame in plain words. All of it is pure.

The registry calls it; it may know ``hardware.ports``, ``hardware.figures``, ``hardware.polling`` and the
pure part of ``hardware.simulation``.
"""
