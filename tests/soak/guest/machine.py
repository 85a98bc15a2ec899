"""Builds the guest and pulls its plug.

The guest has no installation: everything that its program loads is found out on this machine, and packed into the
memory disk that the kernel starts from. Its only real disk is a file with ext4. SIGKILL to QEMU is the plug: what the
guest had not yet pushed out of its own memory is gone, as in a power cut. Emulated without KVM, it needs no rights.
"""

import os
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[3]
BUSYBOX = Path("/bin/busybox")
MODULES = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk")
"""In the order in which one needs the other."""
PROGRAM = "tests.soak.guest.station"
DISK_MB = 128

_INIT = """\
#!/bin/busybox sh
for place in proc sys dev data tmp root; do /bin/busybox mkdir -p /$place; done
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
for module in {modules}; do /bin/busybox insmod /modules/$module.ko; done
/bin/busybox mount -t ext4 /dev/vda /data || exit 1
export PYTHONHOME={home} PYTHONPATH={path} LD_LIBRARY_PATH={libraries} HOME=/root
cd {root}
exec {python} -m {program} /data /dev/ttyS0 $(/bin/busybox sed -n 's/.*station=\\([a-z]*\\).*/\\1/p' /proc/cmdline)
"""
_LOADED = """\
import sys, {program}
print(sys.base_prefix)
print(sys._base_executable)
for module in list(sys.modules.values()):
    if getattr(module, "__file__", None):
        print(module.__file__)
"""


def kernel() -> Path:
    """The newest kernel for virtual machines that is installed here; ``FileNotFoundError`` says what to install."""
    found = sorted(Path("/boot").glob("vmlinuz-*-cloud-amd64"))
    if not found:
        raise FileNotFoundError("There is no kernel for a guest: apt-get install linux-image-cloud-amd64")
    return found[-1]


def memory_disk(at: Path) -> Path:
    """Packs what the guest starts from into a directory at ``at`` and a file beside it; gives the file."""
    base, python, *files = _loaded()
    libraries = _libraries([python, *(file for file in files if file.endswith(".so"))])
    for file in {*files, python, *libraries, *_beside(files), *_encodings(base)}:
        _copy(Path(file), at)
    _copy(BUSYBOX, at, "bin/busybox")
    for module in MODULES:
        _copy(_module(module), at, f"modules/{module}.ko")
    init = at / "init"
    init.write_text(
        _INIT.format(
            modules=" ".join(MODULES),
            home=base,
            path=":".join([str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]),
            libraries=":".join(sorted({str(Path(file).parent) for file in libraries})),
            root=ROOT,
            python=python,
            program=PROGRAM,
        )
    )
    init.chmod(0o755)
    packed = at.with_suffix(".cpio")
    names = "\n".join(str(path.relative_to(at)) for path in sorted(at.rglob("*")))
    with packed.open("wb") as out:
        packer = [str(BUSYBOX), "cpio", "-o", "-H", "newc"]
        subprocess.run(packer, cwd=at, input=names.encode(), stdout=out, check=True)
    return packed


def empty_disk(at: Path) -> Path:
    """A new disk with ext4 on it."""
    with at.open("wb") as file:
        file.truncate(DISK_MB * 1024 * 1024)
    subprocess.run(["/usr/sbin/mke2fs", "-q", "-t", "ext4", str(at)], check=True)
    return at


class Guest:
    """One life of the machine, from switching it on until the plug is pulled. Use it as a context."""

    def __init__(self, memory: Path, disk: Path, *words: str) -> None:
        self.lines: list[str] = []
        """What it said on its serial console, whole lines only."""
        self._fresh: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._command = [
            "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "768", "-nographic", "-no-reboot",
            "-nodefaults", "-serial", "stdio", "-kernel", str(kernel()), "-initrd", str(memory),
            "-append", " ".join(["console=ttyS0 quiet panic=-1 random.trust_cpu=on rdinit=/init", *words]),
            "-drive", f"file={disk},if=virtio,format=raw,cache=writeback",
        ]  # fmt: skip

    def __enter__(self) -> "Guest":
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.pull_the_plug()

    def until(self, word: str, seconds: float) -> None:
        """Until it says a line with this; ``TimeoutError`` with its last words otherwise."""
        end = time.monotonic() + seconds
        while True:
            with suppress(queue.Empty):
                line = self._fresh.get(timeout=0.2)
                if line is None:
                    raise TimeoutError(f"The guest ended: {self.lines[-12:]}")
                if word in line:
                    return
            if time.monotonic() > end:
                raise TimeoutError(f"The guest does not say “{word}”: {self.lines[-12:]}")

    def pull_the_plug(self) -> None:
        """At once. What it had still said whole is in :attr:`lines`."""
        self._process.kill()
        self._process.wait()
        self._reading.join()

    def _read(self) -> None:
        rest = b""
        stream = self._process.stdout
        while stream is not None and (some := os.read(stream.fileno(), 65_536)):
            *whole, rest = (rest + some).split(b"\n")
            for line in whole:
                self.lines.append(line.decode(errors="replace").strip())
                self._fresh.put(self.lines[-1])
        self._fresh.put(None)


# ── What goes into the memory disk ────────────────────────────────────────────────────────────────────────────────────


def _loaded() -> list[str]:
    """Python's home, its program, and every file that the guest's program loads."""
    told = subprocess.run(
        [sys.executable, "-c", _LOADED.format(program=PROGRAM)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return told.stdout.splitlines()


def _beside(files: Iterable[str]) -> set[str]:
    """What lies in the same folders of ours (schemas, texts), and the compiled form of each module."""
    ours = {str(path) for file in files if file.startswith(str(ROOT / "edge")) for path in Path(file).parent.rglob("*")}
    compiled = {
        str(path)
        for file in files
        if file.endswith(".py")
        for path in Path(file).parent.glob(f"__pycache__/{Path(file).stem}.{sys.implementation.cache_tag}.pyc")
    }
    return {file for file in ours | compiled if Path(file).is_file()}


def _encodings(base: str) -> set[str]:
    """Loaded before anything can be asked, and by name."""
    return {str(path) for path in Path(base, "lib", f"python3.{sys.version_info.minor}", "encodings").rglob("*.py*")}


def _libraries(files: Iterable[str]) -> set[str]:
    told = subprocess.run(["ldd", *files], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"(?:=> |^\t)(/\S+) \(", told, re.MULTILINE))


def _module(name: str) -> Path:
    release = kernel().name.removeprefix("vmlinuz-")
    return next(Path("/lib/modules", release).rglob(f"{name}.ko"))


def _copy(file: Path, at: Path, name: str = "") -> None:
    place = at / (name or str(file).removeprefix("/"))
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        shutil.copy2(file.resolve() if name else file, place)
