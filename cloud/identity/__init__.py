"""Who is a station: the company's authority, tickets for new machines, their certificates, and who is shut out.

``authority`` holds the keys that sign; ``enrolling`` turns a ticket into a certificate and renews one; ``judging``
(pure) says whether a certificate lets in. It may know ``shared`` and ``cloud.store``; the door (``cloud.door``), the
broker's gate, head office's pages and the command line call it.
"""
