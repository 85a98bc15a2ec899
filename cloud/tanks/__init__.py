"""Tanks: what the stations' gauges say is in them, what came in, and what is wrong.

Pure but for the books: ``posting`` takes the letters, ``listing`` is what pages and reports read. It may know the store
and ``shared``; ``cloud.app`` hands its handlers to the line, and the pages call ``listing``.
"""
