"""Who may do what at head office, and who did it.

``accounts`` are persons with a role, ``login`` lets them in (a one-time code first, then a password of their own),
``sessions`` keep them in for a while, ``auditing`` reads the chain of what they did. It may know ``shared`` and
``cloud.store``; the pages and the command line call it.
"""
