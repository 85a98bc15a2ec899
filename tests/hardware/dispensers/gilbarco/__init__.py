"""Gilbarco Two-Wire: words and blocks, presets, ends of sales, totals, and the loop before its simulated pumps."""
