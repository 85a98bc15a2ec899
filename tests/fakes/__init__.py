"""Bad wires, and other parts of the outer world that behave badly on purpose."""
