"""What ``jiayou-edge doctor`` looks at, a file for each neighbourhood: lines, machine, and what is connected.

Each check is a generator of findings; it changes nothing, and may fail in itself: the doctor makes a finding of that.
"""
