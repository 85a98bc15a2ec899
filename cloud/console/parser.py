"""The words of the command line."""

import argparse
import getpass
from pathlib import Path
from typing import TypeAlias

from cloud.console import acts, coupon_acts, day_acts, identity_acts, key_acts, price_acts, programs
from cloud.console.acts import Act

CONFIG = Path("/etc/jiayou/cloud.toml")
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def parser() -> argparse.ArgumentParser:
    """All commands."""
    root = argparse.ArgumentParser(
        prog="jiayou-cloud",
        description="加油 · head office of a chain of petrol stations: books, line to the stations, pages.",
        epilog="Exit codes: 0 done; 1 refused or out of reach, a sentence on standard error says why; 2 wrong words or "
        "a wrong configuration.",
    )
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    _programs(commands)
    _people(commands)
    _stations(commands)
    _prices(commands)
    _coupons(commands)
    _keys(commands)
    _books(commands)
    _days(commands)
    return root


def _programs(commands: Commands) -> None:
    _add(commands, "run", programs.run, "运行 · open the pages and the line to the stations, until SIGTERM")
    broker = _add(
        commands, "broker", programs.run_broker, "消息代理 · write the broker's configuration and become the broker"
    )
    broker.add_argument("--write", action="store_true", help="only write the directory that another machine needs")
    broker.add_argument("--trial-cluster", action="store_true", help="three nodes on this machine, to try a cluster")
    mosquitto = _add(
        commands, "mosquitto", identity_acts.write_mosquitto, "write what a Mosquitto in the broker's place must know"
    )
    mosquitto.add_argument("directory", type=Path)
    init = _add(commands, "init", acts.init, "初始化 · found a head office; prints the first owner's one-time code")
    init.add_argument("--owner", default="owner", metavar="NAME", help="name of the first owner (default: owner)")
    _add(commands, "migrate", acts.migrate, "升级数据库 · bring the books' tables to this program's form")
    back = _add(
        commands,
        "downgrade",
        acts.downgrade,
        "退回 · fit the stopped books for an older program; nothing is thrown away",
    )
    back.add_argument("--to", required=True, metavar="NNNN", help="the revision that the older program asks for")
    _add(commands, "check-config", acts.check_config, "检查配置 · read the configuration and say what is wrong with it")


def _people(commands: Commands) -> None:
    account = _group(commands, "account", "账号 · who may log in at head office")
    add = _add(account, "add", acts.add_account, "let somebody in; prints a one-time code")
    add.add_argument("name")
    add.add_argument("--role", choices=["owner", "viewer"], default="viewer", help="default: viewer")
    _by(add)
    code = _add(account, "code", acts.new_code, "a new one-time code for somebody who forgot the password")
    code.add_argument("name")
    _by(code)
    disable = _add(account, "disable", acts.disable_account, "shut somebody out at once")
    disable.add_argument("name")
    _by(disable)
    _add(account, "list", acts.list_accounts, "all accounts")


def _stations(commands: Commands) -> None:
    for kind, title in (("dealer", "经销商 · who runs stations"), ("region", "区域 · where stations lie")):
        group = _group(commands, kind, title)
        add = _add(group, "add", acts.add_group(kind), f"a new {kind}")
        add.add_argument("name")
        add.add_argument("--id", default="", help="default: the name")
        _by(add)
        _add(group, "list", acts.list_groups(kind), f"every {kind}")
    station = _group(commands, "station", "油站 · the stations of the chain")
    add = _add(station, "add", acts.add_station, "let a station in; prints its enrolment code, once")
    add.add_argument("id", help="small letters, digits and hyphens")
    add.add_argument("--name", required=True)
    add.add_argument("--dealer", required=True, help="id or name")
    add.add_argument("--region", required=True, help="id or name")
    _by(add)
    for word, act, title in (
        ("revoke", acts.revoke_station, "shut a station out"),
        ("password", acts.station_password, "a new broker password for a station, shown once"),
        ("gaps", acts.station_gaps, "which of a station's letters are missing"),
        (
            "code",
            identity_acts.new_ticket,
            "登记码 · a code to enrol this station's machine with, shown once, for 15 minutes",
        ),
        ("certificates", identity_acts.certificates, "what certificates a station was given"),
    ):
        one = _add(station, word, act, title)
        one.add_argument("id")
        _by(one)
    back = _add(
        station, "revoke-certificate", identity_acts.revoke, "take a station's certificates back: a stolen disk"
    )
    back.add_argument("id")
    back.add_argument("--serial", default="", help="one of them; default: all")
    back.add_argument("--why", required=True, metavar="SENTENCE")
    _by(back)
    _add(station, "list", acts.list_stations, "how every station is")


def _prices(commands: Commands) -> None:
    price = _group(commands, "price", "油价 · tariffs")
    make = _add(price, "set", price_acts.set_prices, "make a tariff; prints its version")
    make.add_argument("prices", nargs="+", metavar="GRADE=YUAN", help="such as 92#=7.85")
    make.add_argument("--station", action="append", default=[], metavar="ID", help="may be repeated; default: all")
    make.add_argument("--at", default="", metavar="TIME", help="local time such as 2026-11-23T06:00; default: now")
    make.add_argument("--instead-of", type=int, metavar="VERSION", help="supersede a tariff that has not started")
    _by(make)
    cancel = _add(price, "cancel", price_acts.cancel, "take back a tariff that has not started")
    cancel.add_argument("version", type=int)
    _by(cancel)
    ladder = _add(price, "ladder", price_acts.show_ladder, "how far a tariff has climbed, nozzle by nozzle")
    ladder.add_argument("version", type=int)
    _add(price, "list", price_acts.list_tariffs, "the latest tariffs")


def _coupons(commands: Commands) -> None:
    coupon = _group(commands, "coupon", "优惠券 · coupons")
    issue = _add(coupon, "issue", coupon_acts.issue, "issue coupons; prints their codes, the typed ones this once")
    issue.add_argument("campaign", help="made with these terms if it is new")
    issue.add_argument("--value", required=True, metavar="N", help="yuan off, yuan off a litre, or per cent")
    issue.add_argument("--kind", choices=["amount", "per_litre", "percent"], default="amount", help="default: amount")
    issue.add_argument("--days", type=int, default=30, help="good from now for so many days (default: 30)")
    issue.add_argument("--count", type=int, default=1, help="default: 1")
    issue.add_argument("--uses", type=int, default=1, help="of each coupon (default: 1)")
    issue.add_argument("--min-spend", default="0", metavar="YUAN")
    issue.add_argument("--max-discount", default="0", metavar="YUAN", help="0: no limit")
    issue.add_argument("--grade", action="append", default=[], help="may be repeated; default: all")
    issue.add_argument("--station", action="append", default=[], metavar="ID", help="may be repeated; default: all")
    issue.add_argument("--typed", action="store_true", help="with a typed code of 16 digits, too")
    issue.add_argument("--pictures", type=Path, metavar="DIRECTORY", help="write each QR code as a PNG file")
    _by(issue)
    revoke = _add(coupon, "revoke", coupon_acts.revoke, "call a coupon back")
    revoke.add_argument("id")
    _by(revoke)
    lease = _add(coupon, "lease", coupon_acts.lease, "hold a coupon for one station")
    lease.add_argument("id")
    lease.add_argument("station")
    lease.add_argument("--hours", type=int, default=24, help="default: 24")
    _by(lease)


def _keys(commands: Commands) -> None:
    keys = _group(commands, "keys", "指令密钥 · the keys that sign what goes down to the stations")
    rotate = _add(keys, "rotate", key_acts.rotate, "a new one; the oldest of the two active ones is trusted no more")
    _by(rotate)
    _add(keys, "list", key_acts.everyone, "all that ever were")


def _books(commands: Commands) -> None:
    sales = _add(commands, "sales", acts.sums, "订单 · what the books come to: fillings, litres, money, slips")
    sales.add_argument("--station", action="append", default=[], metavar="ID")
    sales.add_argument("--day", default="", metavar="YYYY-MM-DD", help="a business day; default: all")
    sales.add_argument("--point", type=int, default=0, help="a fuelling point; default: all")
    way = _add(commands, "trace", acts.trace_sale, "追溯 · the whole way of a sale, from the nozzle to the ledger")
    way.add_argument("sale", help="its number, as on the receipt and in both logs")
    _add(commands, "audit", acts.check_audit, "审计 · follow the audit's chain of hashes; exit code 1: broken")


def _days(commands: Commands) -> None:
    days = _group(commands, "days", "营业日 · what each station sold on each day, and whether that is final")
    table = _add(days, "list", day_acts.list_days, "the latest days")
    table.add_argument("--state", default="", choices=["", "provisional", "final", "restated"])
    proof = _add(days, "check", day_acts.check, "hold every day against its sales; exit code 1: they differ, and why")
    for one in (table, proof):
        one.add_argument("--station", default="", metavar="ID", help="one station; default: all")
    close = _add(days, "close", day_acts.close, "make a day final though something of it may never come")
    close.add_argument("station", metavar="STATION")
    close.add_argument("day", metavar="YYYY-MM-DD")
    close.add_argument("--why", required=True, metavar="TEXT", help="the reason; it stays with the day")
    _by(close)


def _group(commands: Commands, word: str, title: str) -> Commands:
    return commands.add_parser(word, help=title, description=title).add_subparsers(required=True, metavar="WHAT")


def _add(commands: Commands, word: str, act: Act, title: str) -> argparse.ArgumentParser:
    command = commands.add_parser(word, help=title, description=title)
    command.add_argument("--config", type=Path, default=CONFIG, metavar="FILE", help=f"default: {CONFIG}")
    command.add_argument("--json", action="store_true", help="print one line of JSON")
    command.set_defaults(act=act)
    return command


def _by(command: argparse.ArgumentParser) -> None:
    command.add_argument("--by", default=_user(), metavar="NAME", help="whose name is on it (default: %(default)s)")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
