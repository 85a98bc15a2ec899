"""Tatsuno PDE: frames, challenges, and a station before simulated counters."""
