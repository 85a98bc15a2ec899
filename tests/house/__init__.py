"""Rules about the house itself: who owns its names, what may stand in a file, and that papers and code agree."""
