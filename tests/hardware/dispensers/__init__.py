"""Drivers of dispensers, and their simulators."""
