"""Receipt printers: slips of paper, their ESC/POS bytes, and the devices that take them.

``slip`` says what stands on the paper, ``gbk`` which characters a printer knows, ``escpos`` makes the bytes, ``stream``
and ``picture`` read them back and draw them. ``device`` is what every printer offers; ``usb`` and ``network`` are wires
under one ``dialogue``, ``virtual`` prints into a directory, ``registry`` knows them by their address. The station's
print journal calls this room; it knows nothing of sales.
"""
