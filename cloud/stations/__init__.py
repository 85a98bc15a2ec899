"""油站: which stations there are, whose they are, how they are, what they told, and what head office wishes of them.

``register`` adds and revokes, ``states`` reads how each one is, ``events`` takes what they tell besides sales,
``site_settings`` is what head office sets for them, ``commands`` are wishes with a deadline, ``dead_letters`` is where
unreadable letters wait for a person. It may know ``shared`` and ``cloud.store``; the line and the pages call it.
"""
