"""The houses of a chain as processes of their own, for what needs a SIGKILL."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from tests.company.programs import Program
from tests.flow.chain import A, Chain, eventually
from tests.flow.island import GRADES


def edge_program(company: Chain, line: str) -> Program:
    """The agent of the first station. It releases whoever lifts a nozzle."""
    config = company.directory / "edge.toml"
    points = "".join(
        f"[[lines.points]]\nnumber = {number}\naddress = {0x4F + number}\nnozzles = {list(grades)}\n"
        for number, grades in enumerate(GRADES, 1)
    )
    config.write_text(
        f"""authorise = "automatic"
[station]
id = "{A}"
name = "浦东加油站"
[store]
path = "{company.store_of(A)}"
[broker]
host = "127.0.0.1"
port = {company.settings.line.port}
password = "{company.passwords[A]}"
[page]
port = 0
[printer]
url = "virtual:{company.slips_of(A)}"
[[lines]]
name = "一号线"
protocol = "wayne-dart"
url = "{line}"
{points}""",
        "utf-8",
    )
    return Program("edge", ("jiayou-edge", "run", "--config", config), company.directory)


def office_program(company: Chain) -> Program:
    """Head office."""
    config = company.directory / "cloud.toml"
    own = company.settings
    config.write_text(
        f"""data = "{own.data}"
[database]
url = "{own.database.url}"
[line]
port = {own.line.port}
[office]
port = {own.office.port}
""",
        "utf-8",
    )
    return Program("office", ("jiayou-cloud", "run", "--config", config), company.directory)


async def sold(company: Chain, count: int, seconds: float = 60) -> None:
    """Once the station's store holds so many sales."""

    async def look() -> bool:
        return sales_in(company.store_of(A)) >= count

    await eventually(look, seconds, f"{count} sales in the store")


def sales_in(path: Path) -> int:
    """How many sales a store holds, though it may not have its tables yet."""
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as books:
        return int(books.execute("SELECT count(*) FROM sale").fetchone()[0])
    return 0


async def acknowledged(company: Chain) -> bool:
    """Whether head office has answered every letter, and none is to come."""
    told = company.told()
    return told.stored_upto == len(told.letters) and not told.waiting_slips and not told.open_fillings
