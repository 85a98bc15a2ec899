"""The simulated station."""
