"""Stories of the station's books."""
