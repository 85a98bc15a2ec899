"""The door at which machines become stations: HTTPS with a certificate of the company's own authority.

``door`` answers three questions and nothing else: who is the authority, may I come in with this ticket, may I have my
next certificate. It may know ``shared`` and ``cloud.identity``; ``cloud.app`` opens it. It has no pages, no cookies and
no secrets but those that it is shown.
"""

from cloud.door.door import Door, tls

__all__ = ["Door", "tls"]
