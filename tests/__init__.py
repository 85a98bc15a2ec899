"""Stories of the house, told as tests."""
