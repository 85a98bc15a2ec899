"""The kit of every page: its locks, its news, its texts, its parts."""
