"""The serial ports of this computer: the names that last, who has a port, and why it can't be had.

Linux numbers USB adapters in the order in which they are found: what is ttyUSB0 today may be ttyUSB1 after somebody
stumbled over a cable. Under ``/dev/serial/by-id`` each adapter has a name of its own, which is the one to configure.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from hardware.errors import LineUnavailable

BY_ID: Final = Path("/dev/serial/by-id")
USB: Final = "usb"
_FLEETING: Final = re.compile(r"/dev/tty(USB|ACM|XRUSB)\d+$")
_INTERFACE: Final = re.compile(r"-if(?P<interface>\d+)(-port\d+)?$")
_PROGRAMS: Final = {"edge": "jiayou-edge", "hardware": "jiayou-sim"}


class Adapter(Struct, frozen=True):
    """A USB adapter that is plugged in."""

    name: str
    """Its lasting path, under by-id."""
    device: str
    """The device that it is just now."""


def adapters(folder: Path = BY_ID) -> list[Adapter]:
    """Those that are plugged in, by name."""
    return [Adapter(str(link), os.path.realpath(link)) for link in sorted(folder.glob("*"))]


def lasting_name(path: str, folder: Path = BY_ID) -> str:
    """The by-id name of a device; empty when it has none."""
    device = os.path.realpath(path)
    return next((adapter.name for adapter in adapters(folder) if adapter.device == device), "")


def fleeting(url: str) -> bool:
    """Whether this name may belong to another adapter after the next start."""
    return _FLEETING.match(url) is not None


def advice(url: str, folder: Path = BY_ID) -> str:
    """What to write in place of a fleeting name, as a sentence; empty when the name is good."""
    if not fleeting(url):
        return ""
    name = lasting_name(url, folder)
    better = f"write {name}" if name else f"write its name under {folder}, or usb:SERIAL"
    return f"{url} may be another adapter after the next start: {better}."


def device_of(url: str, folder: Path = BY_ID) -> str:
    """The path to open for ``usb:SERIAL`` or ``usb:SERIAL:INTERFACE``; any other url is a path already.

    :exc:`LineUnavailable` when there is no such adapter, or when it has several ports and none was chosen.
    """
    kind, _, wanted = url.partition(":")
    if kind != USB:
        return url
    serial, _, interface = wanted.partition(":")
    found = [a.name for a in adapters(folder) if serial and _is(Path(a.name).name, serial, interface)]
    if len(found) == 1:
        return found[0]
    there = ", ".join(Path(adapter.name).name for adapter in adapters(folder)) or "none"
    if not found:
        raise LineUnavailable(
            f"There is no serial adapter “{wanted}”. Please check that it is plugged in. There are: {there}."
        )
    raise LineUnavailable(f"The adapter “{serial}” has {len(found)} ports: write usb:{serial}:0, usb:{serial}:1, ….")


def _is(name: str, serial: str, interface: str) -> bool:
    at = _INTERFACE.search(name)
    stem = name[: at.start()] if at else name
    if not stem.endswith(f"_{serial}"):
        return False
    return not interface or (at is not None and int(at["interface"]) == _number(interface))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -1


def why_not(path: str, why: Exception) -> str:
    """Why a port can't be opened, and what to do, as a sentence."""
    code = why.args[0] if why.args and isinstance(why.args[0], int) else None
    if code in (errno.EAGAIN, errno.EBUSY):
        return in_use(path, holder(path))
    if code in (errno.EACCES, errno.EPERM):
        return f"This user may not use the serial port {path}. Add the user to the group “dialout”, and log in again."
    if code in (errno.ENODEV, errno.ENXIO, errno.EIO, errno.ENOENT):
        return f"There is no adapter behind the serial port {path} any more. Please check that it is plugged in."
    return f"The serial port {path} can't be opened: {why}."


def in_use(path: str, who: str) -> str:
    """The sentence that names who has it."""
    return f"The serial port {path} is in use by {who}. Only one program may have it."


def holder(path: str) -> str:
    """Who has a device open: names and process ids, as far as this user may see them."""
    return ", ".join(sorted(set(_holders(path)))) or "another program"


def others(path: str) -> str:
    """The same without ourselves; empty when nobody else is seen to have it."""
    return ", ".join(sorted(set(_holders(path, but=os.getpid()))))


def _holders(path: str, but: int = 0) -> Iterator[str]:
    """Who has locked it; where nobody has, who has it open."""
    locked = _locker(path)
    if locked and int(locked) != but:
        yield f"{_program(Path('/proc', locked))} (process {locked})"
        return
    device = os.path.realpath(path)
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        pid = link.parts[2]
        with suppress(OSError):
            if int(pid) != but and os.readlink(link) == device:
                yield f"{_program(Path('/proc', pid))} (process {pid})"


def _locker(path: str) -> str:
    """The process that holds the lock on it, as the kernel tells."""
    with suppress(OSError):
        node = os.stat(path)
        inode = f"{os.major(node.st_dev):02x}:{os.minor(node.st_dev):02x}:{node.st_ino}"
        for words in map(str.split, Path("/proc/locks").read_text().splitlines()):
            if words[1:2] == ["FLOCK"] and words[5] == inode and Path("/proc", words[4]).exists():
                return words[4]
    return ""


def _program(process: Path) -> str:
    """What a person calls it: of a Python program its own name, not Python's."""
    name = (process / "comm").read_text().strip()
    if not name.startswith("python"):
        return name
    words = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    module = words[2] if words[1:2] == ["-m"] else Path(words[1] if len(words) > 1 else "").name
    return _PROGRAMS.get(module, module if re.fullmatch(r"\w[\w.-]*\w", module) else name) or name
