"""Tatsuno PDE (龙野, counters from version 2.20) on RS-485: polled counters that must be met with the right answer.

``frames`` is bytes ↔ frames; ``challenge`` the answer that a counter wants before it works; ``messages`` what a frame
says; ``point`` a fuelling point as far as its counter has told; ``link`` polls and selects, ``hearing`` how it is met
and listened to, ``talker`` how it is told, and what proves it; ``explain`` a frame in plain words; ``counter`` and
``simulator`` the other end of the same bytes. All of it is pure.

The registry calls it; it may know ``hardware.ports``, ``hardware.polling`` and the pure part of
``hardware.simulation``. A port that can only do eight bits is the line's affair (``software_parity``), not ours.

As we read the notes where they leave it open:

- A counter is released only while a nozzle is up. A release at rest is refused with a sentence and never kept back to
  be said later: by then the station may not want it any more.
- The digit of a lifted nozzle in a status is a product, that of a display is a nozzle; ``products`` joins the two.
- A release carries its price. It is the one that the counter has acknowledged last, or that its display names for
  this very nozzle; the display of the release must show the same.
- The byte order of a history is not stated: it is the one in which its price and volume make its amount.
"""
