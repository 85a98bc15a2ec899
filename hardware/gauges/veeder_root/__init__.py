"""Veeder-Root TLS-300, 350 and 450, and the many consoles that speak like them, in computer format.

``frames`` cuts and checks replies, ``figures`` turns the console's floats into whole numbers, ``bodies`` says what a
reply means, ``session`` asks in turn, ``explain`` puts recorded bytes in plain words, ``simulator`` is a console of
straw. Only inquiries are sent, never a setting.
"""
