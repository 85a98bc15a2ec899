"""A station of simulated dispensers: the other end of the drivers' bytes, with customers and faults.

Pure: ``pump`` (nozzles, valve and meter of a fuelling point, and the truth of what it dispensed), ``head`` (its
computer), ``answering`` (a line on which pumps only answer), ``faults``, ``customers``. With a clock and a wire:
``wire`` (a pty or a TCP port at true line speed), ``control`` (a small door for scripts), ``station`` (all of it
together). The command ``jiayou-sim`` and the tests call it; each protocol's ``simulator`` uses the pure part.
"""
