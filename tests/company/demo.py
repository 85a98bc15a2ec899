"""``make demo``: the whole company on this computer. Ctrl-C ends everything; the next start goes on from there."""

import argparse
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import msgspec

from tests.company.attendant import Attendant
from tests.company.company import Company, Ports, Speed
from tests.company.programs import StoryFailed, free_port, listening

DIRECTORY = Path(__file__).parents[2] / ".demo"
WISHED = Ports(broker=8883, door=8443, office=8080, page=8100, line=8101, pumps=8102, second=8103, gauge=8104)


EVERY = 15.0
"""Seconds between two looks of the cashier."""
LEFT = 3
"""Sales that are left for the visitor."""


class Ended(Exception):
    """Somebody wants the demo to end."""


def main() -> int:
    """Exit code 0 when ended by Ctrl-C, 1 when a program did not start or ended by itself."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="where its stores and logs are kept")
    parser.add_argument("--seconds", type=float, default=0, help="end by itself after so long (0: never)")
    wishes = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    company = Company(wishes.directory, Speed.DEMO, _ports())
    print("启动中 · starting …", flush=True)
    try:
        with company.running():
            print(_welcome(company), flush=True)
            _watch(company, wishes.seconds)
    except Ended:
        print("\n全部已停止 · everything is stopped", flush=True)
    except StoryFailed as why:
        print(f"演示无法继续 · the demo can't go on: {why}\n日志 · logs: {company.logs}", file=sys.stderr)
        return 1
    return 0


def _ports() -> Ports:
    """The wished ones, and another for each that is taken."""
    wished = msgspec.structs.asdict(WISHED)
    return Ports(**{name: free_port() if listening(port) else port for name, port in wished.items()})


def _watch(company: Company, seconds: float) -> None:
    """Until somebody or the time ends it; :exc:`StoryFailed` when a program ends by itself."""
    end = time.monotonic() + seconds if seconds else float("inf")
    cashier = Cashier(company.attendant)
    while time.monotonic() < end:
        for program in company.programs:
            program.must_live()
        cashier.look()
        with suppress(InterruptedError):
            time.sleep(0.5)


class Cashier:
    """小李, who takes the money when more cars wait than the visitor may want to serve."""

    def __init__(self, attendant: Attendant) -> None:
        self._attendant = attendant
        self._dice = random.Random(7)
        self._inside = False
        self._next = time.monotonic() + EVERY

    def look(self) -> None:
        """Now and then: takes the money of the oldest. What does not work now is tried at the next look."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        with suppress(StoryFailed):
            if not self._inside:
                self._attendant.enter()
                self._inside = True
            for sale in self._attendant.owing()[:-LEFT]:
                self._attendant.pay(sale, self._dice.choice(("cash", "wechat", "alipay", "unionpay")))


def _welcome(company: Company) -> str:
    pins = "  ".join(f"{name} {pin}" for name, pin in company.secrets.pins.items())
    return f"""
  加油 Jiayou

  触摸屏 · attendants' touchscreen   {company.page}
      姓名与密码 · name and PIN       {pins}

  总部 · head office                 {company.office}
      账号 · account                 {company.secrets.account}
      首次登录码 · first-login code   {company.secrets.first_login}

  车加完油要在触摸屏上收款；超过三笔时小李会收掉早的几笔。王站长可以撤回收款和退款。
  Fillings are paid at the touchscreen; 小李 takes the money of the oldest when more than three wait, and
  王站长 may give money back.

  两条线（稳牌 DART 四个加油位、吉尔巴克两个）和一台液位仪由模拟器扮演，顾客自己到来；小票在触摸屏的“小票”一页。
  Two lines (four Wayne DART points, two Gilbarco) and a tank gauge are simulated, and customers arrive by themselves;
  receipts are on the touchscreen's page of slips.

  Ctrl-C 结束全部 · ends everything           日志 · logs: {company.logs}
"""


def _end(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):  # a second Ctrl-C must not leave half of the programs behind
        signal.signal(number, signal.SIG_IGN)
    raise Ended


if __name__ == "__main__":
    sys.exit(main())
