"""The line to head office, seen from the station.

``uplink`` sends letters from the outbox and says hello, ``downlink`` takes what comes back, ``claims`` asks for a
coupon, ``link`` joins them with the pipe; ``window`` (pure) knows which letters are on their way, ``pace`` is how
patient to be. Nothing is remembered here that matters: what was not answered with *stored* lies in the outbox and is
sent again.

It may know ``shared``, ``edge.store`` and ``edge.forecourt``; ``edge.app`` builds it.
"""
