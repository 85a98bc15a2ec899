"""Is everything there that a station needs? Each check is a figure, a judgement and what to do. Changes nothing."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from edge.engineer import machine, wiring
from edge.engineer.words import Tongue
from edge.settings import BrokerSettings, LineSettings, Settings
from edge.store import outbox
from edge.store.database import Store
from edge.store.disk import LEAST_FREE
from edge.store.health import sound
from edge.store.lock import holder as agent_of
from hardware.adapters import adapters, advice, device_of, others
from hardware.errors import LineUnavailable
from hardware.printers.device import PrinterStatus
from hardware.printers.registry import open_printer
from shared.errors import JiayouError

_FIRST_YEAR, _LAST_YEAR = 2026, 2100
_SLOW_FSYNC: Final = 200_000
_CLOCK_OFF: Final = 60_000
"""Milliseconds by which the clock may differ from head office's."""
_SOON_DAYS: Final = 14
_OLD_LETTERS: Final = 24 * 3_600_000


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(Struct, frozen=True):
    """One check."""

    part: str
    level: Level
    what: str
    do: str = ""
    """What to do; empty when all is well."""


class Doctor:
    """Looks at the station of a configuration. ``facts`` is what its running agent says; None when none runs."""

    def __init__(self, settings: Settings, facts: dict[str, Any] | None, say: Tongue) -> None:
        self._settings, self._facts, self._say = settings, facts, say
        self._store = Path(settings.store.path)

    def findings(self) -> Iterator[Finding]:
        """One after the other, as they are found. A check that fails in itself is a finding."""
        for part, check in self._checks():
            try:
                yield from check()
            except (JiayouError, OSError, ValueError) as why:
                yield self._fail(part, str(why), "请按上面的提示处理。", "Please see to what it says.")

    def _checks(self) -> list[tuple[str, Callable[[], Iterator[Finding]]]]:
        lines = [(f"line {line.name}", self._of_line(line)) for line in self._settings.lines]
        return [
            ("config", self._config),
            ("agent", self._agent),
            *lines,
            ("clock", self._clock),
            ("disk", self._disk),
            ("store", self._books),
            ("printer", self._printer),
            ("broker", self._broker),
            ("page", self._page),
        ]

    # ── Configuration and lines ───────────────────────────────────────────────────────────────────────────────────────

    def _config(self) -> Iterator[Finding]:
        wiring.check(self._settings)
        yield self._ok("config", "配置可用", "The configuration can be used")
        for line in self._settings.lines:
            if wiring.untested(line):
                yield self._warn(
                    "config",
                    (
                        f"“{line.name}”的协议 {line.protocol} 尚未现场测试",
                        f"“{line.name}”: {line.protocol} is untested here",
                    ),
                    ("试过加油、停止和断电后写 site_tested = true。", wiring.untested(line)),
                )

    def _agent(self) -> Iterator[Finding]:
        process = agent_of(self._store) if self._store.parent.exists() else None
        if process is None:
            yield self._ok("agent", "油站程序没有在运行", "The agent is not running")
        elif self._facts is None:
            yield self._warn(
                "agent",
                (
                    f"油站程序在运行（进程 {process}），但不应答",
                    f"The agent runs (process {process}) but does not answer",
                ),
                ("请用它的用户运行本命令。", "Run this command as its user."),
            )
        else:
            yield self._ok("agent", f"油站程序在运行（进程 {process}）", f"The agent is running (process {process})")

    def _of_line(self, line: LineSettings) -> Callable[[], Iterator[Finding]]:
        return lambda: self._line(line)

    def _line(self, line: LineSettings) -> Iterator[Finding]:
        part = f"line {line.name}"
        if "://" in line.url:
            yield from self._server(part, line.url)
            return
        try:
            path = device_of(line.url)
        except LineUnavailable as why:
            yield self._fail(part, str(why), *self._plug_in())
            return
        if not os.path.exists(path):
            yield self._fail(part, self._say(f"没有串口 {path}", f"There is no serial port {path}"), *self._plug_in())
            return
        yield from self._port(part, line.url, path)

    def _port(self, part: str, url: str, path: str) -> Iterator[Finding]:
        if not os.access(path, os.R_OK | os.W_OK):
            yield self._fail(
                part,
                self._say(f"没有权限使用 {path}", f"This user may not use {path}"),
                "sudo usermod -aG dialout 用户，然后重新登录。",
                "sudo usermod -aG dialout USER, then log in again.",
            )
            return
        who = others(path)
        ours = self._facts is not None and str(agent_of(self._store)) in who
        if who and not ours and not os.path.realpath(path).startswith("/dev/pts/"):
            yield self._fail(
                part,
                self._say(f"{path} 被占用：{who}", f"{path} is in use by {who}"),
                "请关闭那个程序。",
                "Close that program.",
            )
            return
        better = advice(url)
        if better:
            yield self._warn(part, (f"{url} 重启后可能是另一个转换器", better), (better, better))
            return
        yield self._ok(
            part, f"{path} 可用" + (f"，由 {who} 使用" if who else ""), f"{path}" + (f", used by {who}" if who else "")
        )

    def _server(self, part: str, url: str) -> Iterator[Finding]:
        place = url.partition("://")[2].rpartition(":")
        try:
            machine.knock_at(place[0].strip("[]"), int(place[2]), None)
        except (OSError, ValueError) as why:
            yield self._fail(
                part,
                self._say(f"连不上串口服务器 {url}：{why}", f"The serial server {url} can't be reached: {why}"),
                "检查它的电源、网线和地址。",
                "Check its power, its cable and its address.",
            )
        else:
            yield self._ok(part, f"串口服务器 {url} 有应答", f"The serial server {url} answers")

    def _plug_in(self) -> tuple[str, str]:
        there = "、".join(Path(adapter.name).name for adapter in adapters()) or "—"
        return f"检查转换器是否插好。现有：{there}", f"Check that the adapter is plugged in. There are: {there}"

    # ── The machine ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _clock(self) -> Iterator[Finding]:
        now = datetime.now(UTC)
        if not _FIRST_YEAR <= now.year < _LAST_YEAR:
            yield self._fail(
                "clock",
                self._say(f"本机时间是 {now:%Y-%m-%d}", f"The machine's date is {now:%Y-%m-%d}"),
                "请校准时钟，检查主板电池。",
                "Set the clock, and check the battery of the board.",
            )
            return
        difference = (self._facts or {}).get("clock_difference")
        if difference is not None and abs(difference) > _CLOCK_OFF:
            seconds = difference // 1_000
            yield self._warn(
                "clock",
                (f"与总部相差 {seconds} 秒", f"{seconds} s from head office's"),
                ("检查自动校时。", "Check the time service."),
            )
        elif machine.synchronised() is False:
            yield self._warn(
                "clock",
                (f"没有自动校时（{now:%F %T} UTC）", f"No time service disciplines it ({now:%F %T} UTC)"),
                ("启用：timedatectl set-ntp true", "Enable it: timedatectl set-ntp true"),
            )
        else:
            yield self._ok("clock", f"{now:%F %T} UTC", f"{now:%F %T} UTC")

    def _disk(self) -> Iterator[Finding]:
        folder = self._store.parent
        if not folder.exists():
            yield self._warn(
                "disk",
                (f"账本的目录 {folder} 还没有", f"The store's folder {folder} is not there yet"),
                ("第一次运行时会建立。", "It is made at the first run."),
            )
            return
        try:
            found = machine.disk(folder)
        except OSError as why:
            yield self._fail(
                "disk",
                self._say(f"{folder} 无法写入：{why}", f"{folder} takes nothing: {why}"),
                "检查磁盘和权限。",
                "Check the disk and its rights.",
            )
            return
        yield self._room(found)

    def _room(self, found: machine.Disk) -> Finding:
        free, took = found.free // 1_000_000, found.fsync // 1_000
        what = f"{free} MB 空闲，落盘 {took} 毫秒", f"{free} MB free, a safe write takes {took} ms"
        if found.free < LEAST_FREE:
            return self._fail("disk", self._say(*what), "请清理磁盘。", "Make room on the disk.")
        if found.free < self._settings.store.budget:
            do = (
                "磁盘小于 store.budget_mb，请清理或调小预算。",
                "Less than store.budget_mb: make room, or lower the budget.",
            )
            return self._warn("disk", what, do)
        if found.fsync > _SLOW_FSYNC:
            return self._warn(
                "disk", what, ("磁盘很慢，可能要坏；请换 SSD。", "The disk is slow and may be failing: use an SSD.")
            )
        return self._ok("disk", *what)

    def _books(self) -> Iterator[Finding]:
        if not self._store.exists():
            yield self._warn(
                "store",
                ("还没有账本", "There are no books yet"),
                ("第一次运行时会建立。", "They are made at the first run."),
            )
            return
        store = Store.open(self._store, self._settings.station.id, guest=True)
        try:
            state, behind, now = store.call(sound), store.call(outbox.backlog), store.clock.wall()
            used = store.room(self._settings.store.budget)
        finally:
            store.close()
        size = used.used // 1_000_000
        what = f"{size} MB，待发 {behind.count}", f"{size} MB, {behind.count} letters to send"
        if state != "ok":
            yield self._fail("store", state, "保留文件，恢复备份。", "Keep the file, and restore a backup.")
        elif used.last_tenth:
            yield self._fail(
                "store", self._say(*what), "预算快用完了。", "The budget is nearly used up: raise store.budget_mb."
            )
        elif behind.count and now - behind.oldest_at > _OLD_LETTERS:
            yield self._warn(
                "store", what, ("已超过一天没有上传，检查网络。", "Nothing was sent for a day: check the network.")
            )
        else:
            yield self._ok("store", *what)

    # ── What is connected ─────────────────────────────────────────────────────────────────────────────────────────────

    def _printer(self) -> Iterator[Finding]:
        word = self._printer_word()
        if word == "none":
            yield self._ok("printer", "没有配置打印机", "No printer is configured")
        elif word == PrinterStatus.OK:
            yield self._ok("printer", "正常", "Well")
        elif word == PrinterStatus.UNKNOWN:
            yield self._warn(
                "printer", ("有连接，但不报状态", "Connected, but says nothing"), ("打印一张试试。", "Try a slip.")
            )
        else:
            do = "检查电源、连接线、纸和上盖。", "Check its power, cable, paper and cover."
            yield self._fail("printer", word, *do)

    def _printer_word(self) -> str:
        """A running agent has the printer in its hand; without one it is asked here."""
        if self._settings.printer.url == "none":
            return "none"
        if self._facts is not None:
            return str(self._facts.get("printer", "unknown"))
        device = open_printer(self._settings.printer.url, self._settings.printer.width)
        if device is None:
            return "none"
        try:
            device.open()
            return device.status().value
        finally:
            device.close()

    def _broker(self) -> Iterator[Finding]:
        broker = self._settings.broker
        if broker is None:
            yield self._ok("broker", "没有配置总部连接", "No broker is configured")
            return
        broker.broker(self._settings.station.id)  # its password can be read
        try:
            peer = machine.knock_at(broker.host, broker.port, _context(broker))
        except OSError as why:
            yield self._fail(
                "broker",
                self._say(
                    f"连不上 {broker.host}:{broker.port}：{why}", f"{broker.host}:{broker.port} can't be reached: {why}"
                ),
                "检查网络、地址和证书；油站照常营业。",
                "Check network, address and certificates; the station sells all the same.",
            )
            return
        yield self._until("broker", f"{broker.host}:{broker.port}", peer.certificate_ends)
        if broker.certificate:
            yield self._until("certificate", broker.certificate, machine.certificate_ends(Path(broker.certificate)))

    def _until(self, part: str, whose: str, ends: datetime | None) -> Finding:
        if ends is None:
            return self._ok(part, f"{whose} 有应答（未加密）", f"{whose} answers (not encrypted)")
        days = (ends - datetime.now(UTC)).days
        what = f"{whose}，证书到 {ends:%F}", f"{whose}, certificate until {ends:%F}"
        if days < 0:
            return self._fail(part, self._say(*what), "证书已过期，请更换。", "The certificate has ended: renew it.")
        if days < _SOON_DAYS:
            return self._warn(part, what, (f"还有 {days} 天到期，请更换。", f"It ends in {days} days: renew it."))
        return self._ok(part, *what)

    def _page(self) -> Iterator[Finding]:
        page = self._settings.page
        if self._facts is not None:
            port = int(self._facts.get("page_port", page.port))
            machine.knock_at("127.0.0.1" if page.host in ("0.0.0.0", "::") else page.host, port, None)  # noqa: S104 - compared
            yield self._ok("page", f"http://{page.host}:{port} 有应答", f"http://{page.host}:{port} answers")
            return
        try:
            with socket.create_server((page.host, page.port)):
                yield self._ok("page", f"{page.host}:{page.port} 空闲", f"{page.host}:{page.port} is free")
        except OSError as why:
            yield self._fail(
                "page",
                self._say(f"{page.host}:{page.port} 不能用：{why}", f"{page.host}:{page.port} can't be used: {why}"),
                "关闭占用端口的程序，或换 page.port。",
                "Close the program that has it, or choose another page.port.",
            )

    # ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ok(self, part: str, chinese: str, english: str) -> Finding:
        return Finding(part, Level.OK, self._say(chinese, english))

    def _warn(self, part: str, what: tuple[str, str], do: tuple[str, str]) -> Finding:
        return Finding(part, Level.WARN, self._say(*what), self._say(*do))

    def _fail(self, part: str, what: str, chinese: str, english: str) -> Finding:
        return Finding(part, Level.FAIL, what, self._say(chinese, english))


def _context(broker: BrokerSettings) -> ssl.SSLContext | None:
    if not broker.tls:
        return None
    context = ssl.create_default_context(cafile=broker.ca or None)
    if broker.certificate:
        context.load_cert_chain(broker.certificate, broker.key or None)
    return context
