"""The books' own commands: back them up, put a backup back, look whether they are whole, save what can be read."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from edge import settings
from edge.settings import Settings
from edge.store import epochs, outbox
from edge.store.backup import backup, restore
from edge.store.database import Store
from edge.store.errors import REBUILD, StoreDamaged
from edge.store.health import sound
from edge.store.salvage import rebuild
from shared.errors import Refused

Work = Callable[[argparse.Namespace, Settings], tuple[Struct, str]]


class Checked(Struct, frozen=True):
    """Books that are whole."""

    station: str
    epoch: int
    boot: int
    letters: int
    """Of this epoch."""
    unsent: int
    former: list[epochs.Former]


def add(commands: Any) -> None:
    """Their places on the command line."""
    one = _parser(commands, "backup", _backup, "备份账本 · copy the books to a file; the agent may run")
    one.add_argument("file", type=Path, metavar="FILE", help="a new file · 新文件")
    other = _parser(commands, "restore", _restore, "恢复账本 · put a backup in the place of the books; stop the agent")
    other.add_argument("file", type=Path, metavar="FILE", help="a backup · 备份文件")
    store = commands.add_parser("store", help="账本 · look after the books").add_subparsers(
        required=True, metavar="COMMAND"
    )
    _parser(store, "check", _check, "检查账本 · see whether the books are whole; the agent may run")
    _parser(store, "rebuild", _rebuild, "重建账本 · keep damaged books and save what can be read; stop the agent")


def _parser(commands: Any, name: str, work: Work, what: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, description=what)
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="the station's configuration")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.set_defaults(command=lambda wishes: _say(wishes, work))
    return parser


def _say(wishes: argparse.Namespace, work: Work) -> None:
    found, plain = work(wishes, settings.read(wishes.config))
    print(msgspec.json.encode(found).decode() if wishes.json else plain)


def _backup(wishes: argparse.Namespace, chosen: Settings) -> tuple[Struct, str]:
    path = Path(chosen.store.path)
    if not path.exists():
        raise Refused("no_store", f"There is no store at {path} yet. It is made when the station is run.")
    made = backup(path, chosen.station.id, wishes.file)
    until = datetime.fromtimestamp(made.at // 1000, UTC)
    return made, (
        f"已备份到 {wishes.file}：第 {made.epoch} 期至第 {made.upto} 条 · "
        f"backed up: epoch {made.epoch}, letters up to {made.upto}, {until:%F %T} UTC"
    )


def _restore(wishes: argparse.Namespace, chosen: Settings) -> tuple[Struct, str]:
    done = restore(wishes.file, Path(chosen.store.path), chosen.station.id)
    kept = f"；原账本保存在 {done.kept} · what was there is kept in {done.kept}" if done.kept else ""
    return done, (
        f"已恢复。之后的账用新一期 {done.epoch}；备份后的销量由泵码补记，总部会核对旧账 · restored, in the new epoch "
        f"{done.epoch}; what was sold after the backup is told by the totalisers, head office compares the rest{kept}"
    )


def _check(_wishes: argparse.Namespace, chosen: Settings) -> tuple[Struct, str]:
    path = Path(chosen.store.path)
    if not path.exists():
        raise Refused("no_store", f"There is no store at {path}.")
    found = _checked(path, chosen.station.id)
    rows = [
        f"账本完好：第 {found.epoch} 期 {found.letters} 条，待发 {found.unsent} 条 · "
        f"the books are whole: epoch {found.epoch}, {found.letters} letters, {found.unsent} to be sent"
    ]
    for former in found.former:
        state = "总部已核对 · compared with head office" if former.settled else "等待总部核对 · to be compared"
        rows.append(
            f"旧第 {former.epoch} 期（{former.reason}）至第 {former.upto} 条，{state}"
            + (f"，总部另有 {former.elsewhere} 条 · {former.elsewhere} only there" if former.elsewhere else "")
        )
    return found, "\n".join(rows)


def _checked(path: Path, station: str) -> Checked:
    store = Store.open(path, station, guest=True)
    try:
        state = store.call(sound)
        if state != "ok":
            raise StoreDamaged(f"The store is damaged ({state}). {REBUILD}")
        behind = store.call(outbox.backlog)
        former = store.call(epochs.all_former)
        return Checked(station, store.epoch, store.boot, behind.next_seq - 1, behind.count, former)
    finally:
        store.close()


def _rebuild(_wishes: argparse.Namespace, chosen: Settings) -> tuple[Struct, str]:
    done = rebuild(Path(chosen.store.path), chosen.station.id)
    kept = f"；原文件保存在 {done.kept} · the old files are kept in {done.kept}" if done.kept else ""
    return done, (
        f"已重建：救回 {done.saved} 条，已知丢失 {done.lost} 条，新一期 {done.epoch} · rebuilt: {done.saved} letters "
        f"saved, {done.lost} known to be lost, new epoch {done.epoch}{kept}"
    )
