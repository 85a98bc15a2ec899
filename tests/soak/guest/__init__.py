"""A small machine of our own whose plug can be pulled: a guest under QEMU, its disk a file.

``machine`` builds and runs it from the outside; ``station`` is the only program in it.
"""
