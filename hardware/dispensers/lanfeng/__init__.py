"""Lanfeng (Bluesky, 温州蓝峰) on RS-422, one nozzle with one display for each gun number. Needs a site test.

``frames`` is bytes ↔ frames of twelve bytes; ``readings`` what a frame says, in the pump's own numbers; ``gun`` one
nozzle as far as the pump has told; ``talker`` how it is asked and told, and what proves it; ``explain`` a frame in
plain words; ``simulator`` the other end of the same bytes. All of it is pure.

The registry calls it; it may know ``hardware.ports``, ``hardware.polling`` and the pure part of
``hardware.simulation``.

As we read the notes where they leave it open, to be confirmed at the site (docs/protocols.md says how):

- Replies to everything but B8 repeat the command in byte 2. A reply to B8 has a price there, whose digits are never
  above 9, so neither passes for the other; and neither does a question that an echoing converter hands back.
- In the status, bit 80h is the nozzle, bit 40h control, and the low half is 1 at rest and 2 while the gun is released.
- The display of the last sale stands until the next release.
- Whether A2 and A3 release the gun by themselves or only set its limit is not said; the status afterwards tells.
- Totals are twelve digits with the decimals of the volume.
"""
