"""Lanfeng: frames of twelve bytes, and guns whose fillings end by judgement."""
