"""What a counter wants to hear before it works. Pure. (PDE counter protocol, July 2000, "initialisation")"""

from typing import Final

LENGTH: Final = 8
TRIES: Final = 3
"""After so many wrong answers it is locked until somebody switches it off and on."""


def response(address: int, challenge: str) -> str:
    """The eight characters of ``I`` that belong to the eight of ``i``, for the counter of this address."""
    number, said = address + 1, []
    for letter in challenge:
        number = number * ord(letter) & 0xFFFF
        number &= 0xFF7F
        if number & 0xFF < 0x20:
            number += 0x20
        said.append(chr(number & 0xFF))
        number = (number >> 8) + address
    return "".join(said)
