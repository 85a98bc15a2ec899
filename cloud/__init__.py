"""The company: prices, coupons, sales and their books, and the pages on which head office decides.

From below: ``store`` is the database and all of its SQL; the trades are ``stations``, ``tariffs``, ``sales``,
``coupons`` and ``access``, a room each; ``sync`` is the line to the stations, ``office`` the pages; ``founding``
makes a head office, ``app`` builds the program, ``console`` is its command line. ``broker`` configures the
nats-server between the houses, ``live`` tells within the process what has changed.

It may know ``shared``, never ``hardware`` or ``edge``: station and company write letters to each other.
"""
