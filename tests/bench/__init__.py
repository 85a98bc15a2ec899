"""Benchmarks: our speed as a ratio to the limit or to the plainest thing that does the same, in the same run.

Absolute figures depend on the machine and on what else it does; the ratios are what counts. ``python -m tests.bench``
prints a table, ``--json`` one object.
"""
