"""Long faults, for ``make soak`` alone: hundreds of kills, hours of bad network in minutes, bad disks, and fuzzing.

Each test is bounded in time and prints the seed by which it can be played again: ``SOAK_SEED=…``.
"""
