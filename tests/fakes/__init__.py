"""Bad wires: late, cut, frozen, byte by byte."""
