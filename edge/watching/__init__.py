"""How the station's program is, for programs that watch and for engineers: figures for Prometheus, health with reasons.

``figures`` and ``how`` (both pure) turn what the parts show of themselves into metrics and into health in two
languages; ``edge.app`` gathers and serves it. It may know ``edge.forecourt``'s views, the lines' books and ``shared``.
Nothing here names a person, a plate, a member or a code.
"""
