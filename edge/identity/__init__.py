"""Who this station is to head office: its key, its certificate, how it got them and how it keeps them good.

``papers`` keeps them on disk, whole or not at all; ``door`` asks head office for them over HTTPS; ``renewal`` sees to
it that they never run out while there is a line. It may know ``shared``; ``edge.app`` and the command line call it. The
key is made here and never leaves this machine.
"""
