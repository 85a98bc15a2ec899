"""The words and blocks that specifications and captures show, with what they say."""

from hardware.dispensers.gilbarco.blocks import Block, LevelSwitch, Limit, Price, Special
from hardware.dispensers.gilbarco.readings import Transaction
from hardware.dispensers.gilbarco.special import Reply
from shared.sale import PresetKind

_MONEY, _VOLUME = PresetKind.AMOUNT, PresetKind.VOLUME

BLOCKS: dict[str, Block] = {
    "FF E5 F4 F6 E0 F7 E0 E3 E1 E1 FB EB F0": Price(1, 1, 1130),
    "FF E5 F4 F6 E0 F7 E5 E8 E7 E0 FB EC F0": Price(1, 1, 785),
    "FF E5 F2 F8 E0 E0 E9 E3 E3 E0 FB E8 F0": Limit(_MONEY, 33_900, 6),
    "FF E5 F2 F8 E0 E0 E0 E0 E1 E0 FB E6 F0": Limit(_MONEY, 10_000, 6),
    "FF E9 FE E0 E1 E0 FB EE F0": Special(0x010),
    "FF E9 FE E1 E0 E0 FB EE F0": Special(0x001),
    "FF E9 FE EE E0 E0 FB E1 F0": Special(0x00E),
    "FF EC F4 FB E6 F0": LevelSwitch(1),
    "FF E3 F1 F4 F6 E0 F8 E0 E0 E0 E2 E0 FB EE F0": Limit(_VOLUME, 2_000, 5, 1, (1,)),
    "FF E6 F2 F8 E0 E0 E0 E0 E1 FB E5 F0": Limit(_MONEY, 10_000, 5),
    "FF E5 F2 F4 F8 E0 E0 E0 E0 E1 FB E2 F0": Limit(_MONEY, 10_000, 5, 1),
    "FF E4 F2 F4 F8 E0 E0 E0 E2 E0 E0 FB E2 F0": Limit(_MONEY, 2_000, 6, 1),
    "FF E5 F2 F8 E0 E0 E0 E2 E0 E0 FB E5 F0": Limit(_MONEY, 2_000, 6),
}
"""Console → pump."""

DATA_LENGTHS: dict[int, Block] = {
    0xE3: Limit(_MONEY, 1_000, 5, 1, (2,)),
    0xE2: Limit(_MONEY, 1_000, 6, 1, (2,)),
    0xE5: Limit(_MONEY, 1_000, 5, 1),
    0xE4: Limit(_MONEY, 1_000, 6, 1),
    0xE6: Limit(_MONEY, 1_000, 5),
    0xEC: LevelSwitch(2),
    0xE9: Special(0x410),
}
"""The table of lengths; those of a range of grades are in ``RANGES``."""
RANGES: dict[int, Block] = {
    0xE2: Limit(_MONEY, 1_000, 5, 1, (1, 3), ranged=True),
    0xE1: Limit(_MONEY, 1_000, 6, 1, (1, 3), ranged=True),
    0xE3: Limit(_MONEY, 1_000, 5, 0, (5, 8), ranged=True),
}

TRANSACTIONS: dict[str, Transaction] = {
    "FF F1 F8 EB E1 E0 E0 E2 F6 E2 F4 F7 E0 E7 E0 E1 F9 E0 E6 E3 E3 E2 E0 FA E0 E0 E0 E5 E2 E0 FB EC F0": Transaction(
        pump=2, grade=3, level=1, price=1_070, volume=23_360, money=25_000
    ),
    "FF F1 F8 EB E1 E0 E0 E0 F6 E1 F4 F7 E0 E0 E1 E1 F9 E0 E0 E0 E0 E1 E0 FA E0 E0 E0 E1 E1 E0 FB E7 F0": Transaction(
        pump=2, grade=2, level=1, price=1_100, volume=10_000, money=11_000
    ),
    "FF F1 F8 EB E1 E0 E0 E0 F6 E1 F4 F7 E0 E0 E1 E1 F9 E0 E7 E2 E2 E0 E0 FA E0 E0 E5 E2 E0 E0 FB E8 F0": Transaction(
        pump=2, grade=2, level=1, price=1_100, volume=2_270, money=2_500
    ),
}
"""Pump → console; captured at sites."""

REPLIES: dict[str, Reply] = {
    "BA B0 B3 B1 B0 B1 B0 B0 B0 B0 B1 B0 B1 B1 B1 C3 C1 8D 8A": Reply(1, 0x010, "010111"),
    "BA B0 B3 B1 B0 B1 B0 B0 B0 B0 B1 B0 B0 B1 B0 C3 C3 8D 8A": Reply(1, 0x010, "010010"),
    "BA B0 B3 B1 B0 B1 B0 B0 B0 B0 B1 B1 B1 B1 B2 C2 B9 8D 8A": Reply(1, 0x010, "011112"),
}
"""Special functions."""

LRC_EXAMPLE = "FF F1 F8 E1 E1 E1 E1 E1 F6 E1 F4 FB ED F0"
"""Of the specification: the check is a sum, and no exclusive or."""
TRUNCATED = "FF F1 F8 EB E1 E0 E0 E0 F6 E1 F4 F7 E0 E0 E1 E1 F9 E0 E0 E0 E0 E1 E0 FA E0 E0 E0 E1 FB E7 F0"
"""Thirty-one words, as one public source prints a sale: not to be believed."""
MONEY = "E0 E0 E9 E2 E4 E0"
