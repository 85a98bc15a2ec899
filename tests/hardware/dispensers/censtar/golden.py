"""The frames of the notes, which were computed there by their rules."""

from hardware.dispensers.censtar.frames import Code

GOLDEN = {
    "FC 0D 01 0C": (Code.STATUS, ""),
    "FC 06 01 07": (Code.AUTHORISE, ""),
    "FC 05 01 04": (Code.STOP, ""),
    "FC 08 01 AA A3": (Code.MODE, "AA"),
    "FC 03 01 07 85 80": (Code.PRICE, "07 85"),
    "FC 02 01 00 20 00 00 01 22": (Code.VOLUME_LIMIT, "00 20 00 00 01"),
}
