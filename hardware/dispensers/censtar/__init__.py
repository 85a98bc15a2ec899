"""Censtar (正星) on a current loop, one nozzle with one display for each fuelling point. Needs a site test.

``frames`` is bytes ↔ frames; ``readings`` what an answer says, in the pump's own numbers; ``pump`` one point as
far as it has told; ``talker`` how it is asked and told, and what proves it; ``explain`` a frame in plain words;
``simulator`` the other end of the same bytes. All of it is pure.

The registry calls it; it may know ``hardware.ports``, ``hardware.polling`` and the pure part of
``hardware.simulation``.

As we read the notes where they leave it open, to be confirmed at the site (docs/protocols.md says how):

- Figures are BCD with two decimals, and so are totals, with eight digits.
- A recorded sale (15) says its amount and volume in 20 bits each, of which the notes give overlapping bytes: five bytes
  [6..10] from the highest bit on, first the amount and then the volume, as binary numbers. Where the display says
  something else, the display is told, and the alarm ``sale_record_unclear``.
- Answers to 05, 06, 08 and 17 have an unknown form: four to six bytes that begin like the question and have a right
  check. What they say is not believed; the status afterwards tells.
- Whether 01 and 02 release the pump by themselves or only set its limit is not said; the status afterwards tells.
- After 05 a filling is over, or halted until its nozzle is hung up; for the station it is over in both cases.
- Price, limit and chain number are sent as BCD.
"""
