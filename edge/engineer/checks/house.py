"""Clock, disk and books of this machine."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge.engineer import machine
from edge.engineer.checks.findings import Finding, Judge
from edge.settings import Settings
from edge.store import outbox
from edge.store.database import Store
from edge.store.disk import LEAST_FREE
from edge.store.health import sound

_YEARS: Final = range(2026, 2100)
_SLOW_FSYNC: Final = 200_000
_CLOCK_OFF: Final = 60_000
"""Milliseconds by which the clock may differ from head office's."""
_OLD_LETTERS: Final = 24 * 3_600_000
_MEGABYTE: Final = 1_000_000


def clock(judge: Judge, now: datetime, difference: int | None, synchronised: bool | None) -> Iterator[Finding]:
    """``difference``: milliseconds ahead of head office, None before they met."""
    if now.year not in _YEARS:
        what = f"本机时间是 {now:%Y-%m-%d}", f"The machine's date is {now:%Y-%m-%d}"
        yield judge.fail(what, ("请校准时钟，检查主板电池。", "Set the clock, and check the battery of the board."))
    elif difference is not None and abs(difference) > _CLOCK_OFF:
        what = f"与总部相差 {difference // 1_000} 秒", f"{difference // 1_000} s from head office's"
        yield judge.warn(what, ("检查自动校时。", "Check the time service."))
    elif synchronised is False:
        what = f"没有自动校时（{now:%F %T} UTC）", f"No time service disciplines it ({now:%F %T} UTC)"
        yield judge.warn(what, ("启用：timedatectl set-ntp true", "Enable it: timedatectl set-ntp true"))
    else:
        yield judge.ok((f"{now:%F %T} UTC", f"{now:%F %T} UTC"))


def clock_now(judge: Judge, difference: int | None) -> Iterator[Finding]:
    """The clock as it stands."""
    return clock(judge, datetime.now(UTC), difference, machine.synchronised())


def disk(judge: Judge, settings: Settings) -> Iterator[Finding]:
    """Room and speed of the store's disk."""
    folder = Path(settings.store.path).parent
    if not folder.exists():
        what = f"账本的目录 {folder} 还没有", f"The store's folder {folder} is not there yet"
        yield judge.warn(what, ("第一次运行时会建立。", "It is made at the first run."))
        return
    try:
        found = machine.disk(folder)
    except OSError as why:
        what = f"{folder} 无法写入：{why}", f"{folder} takes nothing: {why}"
        yield judge.fail(what, ("检查磁盘和权限。", "Check the disk and its rights."))
        return
    yield room(judge, found, settings.store.budget)


def room(judge: Judge, found: machine.Disk, budget: int) -> Finding:
    """Is there room for ``budget`` bytes, and is the disk well?"""
    free, took = found.free // _MEGABYTE, found.fsync // 1_000
    what = f"{free} MB 空闲，落盘 {took} 毫秒", f"{free} MB free, a safe write takes {took} ms"
    if found.free < LEAST_FREE:
        return judge.fail(what, ("请清理磁盘。", "Make room on the disk."))
    if found.free < budget:
        do = "磁盘小于 store.budget_mb，请清理或调小预算。", "Less than store.budget_mb: make room, or lower it."
        return judge.warn(what, do)
    if found.fsync > _SLOW_FSYNC:
        do = "磁盘很慢，可能要坏；请换 SSD。", "The disk is slow and may be failing: use an SSD."
        return judge.warn(what, do)
    return judge.ok(what)


def books(judge: Judge, settings: Settings) -> Iterator[Finding]:
    """The store itself, beside an agent that may be running."""
    path = Path(settings.store.path)
    if not path.exists():
        do = "第一次运行时会建立。", "They are made at the first run."
        yield judge.warn(("还没有账本", "There are no books yet"), do)
        return
    store = Store.open(path, settings.station.id, guest=True)
    try:
        yield _books(judge, store, settings.store.budget)
    finally:
        store.close()


def _books(judge: Judge, store: Store, budget: int) -> Finding:
    state, behind, used = store.call(sound), store.call(outbox.backlog), store.room(budget)
    size = used.used // _MEGABYTE
    what = f"{size} MB，待发 {behind.count} 封", f"{size} MB, letters to send: {behind.count}"
    if state != "ok":
        return judge.fail((state, state), ("保留文件，恢复备份。", "Keep the file, and restore a backup."))
    if used.last_tenth:
        return judge.fail(what, ("预算快用完了，请调大。", "The budget is nearly used up: raise store.budget_mb."))
    if behind.count and store.clock.wall() - behind.oldest_at > _OLD_LETTERS:
        return judge.warn(what, ("已超过一天没有上传，检查网络。", "Nothing was sent for a day: check the network."))
    return judge.ok(what)
