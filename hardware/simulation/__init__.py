"""A station of simulated dispensers: the other end of the drivers' bytes, with customers and faults.

Pure: ``pump`` (nozzles, valve and meter of a fuelling point, and the truth of what it dispensed), ``head`` (its
computer, the same for all protocols, with its faults), ``answering`` (a line on which pumps speak when spoken to),
``faults``, ``customers`` (by rate), ``script`` (by script), ``plan`` (what a station is made of, as a person writes
it), ``check`` (what was sold against what flowed). With a clock and a wire: ``wire`` (a pty or a TCP port at true line
speed), ``control`` (a small door for scripts), ``station`` (lines of any mix, a thread each). The command
``jiayou-sim`` and the tests call it; each protocol's ``simulator`` uses the pure part.
"""
