"""Wayne DART: frames, numbers, recipes, and the line in step with its simulated pumps."""
