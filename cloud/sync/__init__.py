"""The line to the stations, seen from the company.

``reading`` (pure) opens what arrives, ``posting`` writes it, ``intake`` does both in groups and answers *stored*;
``identity`` (pure) tells a station from its double, ``greeting`` answers hellos, ``dispatch`` answers claims too and
sends books and commands; ``line`` joins them with the pipe, and ``trades`` is all that they ask of the trades. The
company never refuses a fact: what can't be read or kept goes among the dead letters and is answered.

It may know ``shared``, ``cloud.store`` and the trades; ``cloud.app`` builds it.
"""
