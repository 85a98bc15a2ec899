"""Everything with a cable."""
