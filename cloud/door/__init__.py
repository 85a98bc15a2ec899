"""The door at which machines become stations: HTTPS with a certificate of the company's own authority.

``door`` answers three questions and nothing else: who is the authority, may I come in with this ticket, may I have my
next certificate; ``entrance`` is where it stands, ``throttle`` (pure) slows guessers down. It may know ``shared`` and
``cloud.identity``; ``cloud.app`` opens it. It has no pages, no cookies and no secrets but those that it is shown.
"""

from cloud.door.door import Door
from cloud.door.entrance import Entrance, Place

__all__ = ["Door", "Entrance", "Place"]
