"""How the tables came to be what they are: a numbered revision for each step, run by :mod:`cloud.store.migrate`.

A revision never imports the models: it says what was true when it was written, and stays as it is.
"""
