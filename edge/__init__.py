"""The station: one agent on the forecourt PC, from the nozzle to the letter in the outbox.

It may know ``shared`` and ``hardware``, never ``cloud``: station and company write letters to each other.
"""
