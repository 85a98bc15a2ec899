"""订单: what the stations sold, with the whole trace of each litre from the nozzle to the books.

``posting`` (pure) turns facts into rows and flags what is odd about them, ``arriving`` writes them many at a time,
``listing`` and ``trace`` read. It may know ``shared`` and ``cloud.store``; the intake and the pages call it. A fact is
never refused: what is odd is stored, flagged and shown.
"""
