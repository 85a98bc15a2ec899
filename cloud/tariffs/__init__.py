"""油价: what a litre costs, where, from when on, decided by whom; and how far each decision has climbed.

``deciding`` makes, cancels and supersedes, ``book`` is what a station is sent, ``ladder`` shows a decision reaching the
nozzles. It may know ``shared`` and ``cloud.store``; the line and the pages call it. A tariff is never changed: a
correction is another tariff.
"""
