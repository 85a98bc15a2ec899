"""The frames of the notes: those of gun 1 stand in two sources, the last two were computed."""

from hardware.dispensers.lanfeng.frames import Code

GOLDEN = {
    "01 00 B8 00 00 00 00 00 00 00 00 48": (Code.QUERY, ""),
    "01 00 A0 00 00 00 00 00 00 00 00 60": (Code.TAKE_CONTROL, ""),
    "01 00 A1 00 00 00 00 00 00 00 00 5F": (Code.FUEL, ""),
    "01 00 B1 00 00 00 00 00 00 00 00 4F": (Code.STOP, ""),
    "01 00 AC 00 00 00 00 00 00 00 00 54": (Code.TOTAL_AMOUNT, ""),
    "01 00 AD 00 00 00 00 00 00 00 00 53": (Code.TOTAL_VOLUME, ""),
    "01 00 A4 07 85 00 00 00 00 00 00 D0": (Code.PRICE, "07 85"),
    "01 00 A3 00 20 00 00 00 00 00 00 3D": (Code.FIXED_VOLUME, "00 20 00"),
}
