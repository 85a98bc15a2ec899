"""Stories of the station's forecourt."""
