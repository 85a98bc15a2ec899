"""The forecourt: which point does what, who authorised it, what was sold, and at what price.

Pure here: ``fuelling_point`` (the state table), ``ending``, ``authorisation``, ``checkout``, ``prices``, ``throttle``,
``views``, ``receipts``. The rest joins them with the dispensers below and the store beside. It may know ``shared``,
``hardware`` and ``edge.store``; the attendants' page and the line to the company call its facade, ``forecourt``.
"""
