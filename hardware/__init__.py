"""Everything with a cable: dispensers on serial lines, printers, and their simulators.

This room may know ``shared`` and the libraries of its cables (pyserial, pyusb, python-escpos). The station calls it;
the company never does. ``ports`` says what a dispenser must offer, ``registry`` names the drivers.
"""
