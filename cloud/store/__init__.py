"""The company's books: tables, migrations and, a file for each trade, the statements that read and write them.

The only room of the company that knows SQL, SQLAlchemy and SQLModel. It may know ``shared``; the trades call it, inside
a transaction of :class:`cloud.store.database.Books` that their caller holds. SQLite by default, PostgreSQL by
configuration; every statement is written for both.
"""
