"""The bad road."""
