"""The station's tanks: what its gauges read becomes rows, letters and views.

``deciding`` (pure) says what of a reading is worth a letter and which limits are passed; ``tanks`` keeps it all, one
task beside the forecourt; ``wiring`` turns the configuration into sessions and ports; ``views`` is what the page shows.
It may know the store, the settings and ``hardware``; ``edge.app`` builds it, ``edge.attendant`` shows it.
"""
