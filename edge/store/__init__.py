"""The station's books: SQLite, opened by one process, written by one thread, synced before anybody is answered.

It may know ``shared`` and sqlite-utils, and is the only room of the station with SQL in it. ``database`` is the door;
every other file is one trade, in plain functions that take the database and run inside the caller's transaction
(``await store.run(sales.record, …)``). The forecourt, the attendants' page and the line to the company call it.
"""
