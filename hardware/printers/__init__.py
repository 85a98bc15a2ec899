"""Receipt printers: the ESC/POS bytes of a slip, and the devices that take them (USB, network, virtual)."""
