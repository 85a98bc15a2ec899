"""Gilbarco Two-Wire (TWOTP), and the dialects of pumps in China, such as those of 长吉.

``words`` is the nibbles that everything is made of; ``blocks`` what the console sends in blocks, ``readings`` what the
pump does, ``special`` the special functions; ``readers`` which bytes answer a question; ``talk`` one question at a time
in the times that the specification asks for; ``point`` one fuelling point as far as the pump has told; ``pump`` what
follows from each status; ``recipes`` and ``prices`` how a command is carried out; ``session`` the whole loop;
``options`` what may be set for it; ``simulator`` the other end of the same bytes, with ``head`` as its computer;
``explain`` words and blocks in plain words. All of it is pure.

The registry calls it; it may know ``hardware.ports``, ``hardware.polling`` and the pure part of
``hardware.simulation``.
"""
