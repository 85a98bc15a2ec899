"""Whose turn it is, and what a turn is made of."""
