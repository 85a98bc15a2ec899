"""How the company's program is, for programs that watch and for whoever is called at night.

``figures`` and ``how`` (both pure) turn what the parts show of themselves, and one look into the books, into metrics
and into health with reasons; ``gathering`` does the looking. It may know ``cloud.store``, the line's own counts and
``shared``; ``cloud.app`` serves it. Whole chain figures only: what a single station is like stands on its page.
"""
