"""Both houses in one story: a real broker, a real station agent, a real head office, simulated dispensers on TCP.

``chain`` puts them together within this process, ``checker`` reads both stores afterwards. What needs a SIGKILL starts
the programs by :mod:`tests.company`.
"""
