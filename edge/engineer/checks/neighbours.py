"""What is connected to the station: printer, broker with its certificates, and the port of the page."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from edge.engineer import machine
from edge.engineer.checks.findings import Finding, Judge
from edge.settings import BrokerSettings, PageSettings, PrinterSettings
from hardware.printers.device import PrinterStatus
from hardware.printers.registry import open_printer
from shared.mqtt import Broker

_SOON_DAYS: Final = 14
_NONE: Final = "none"


def printer(judge: Judge, settings: PrinterSettings, facts: dict[str, Any] | None) -> Iterator[Finding]:
    """A running agent has the printer in its hand, and says how it is; without one it is asked here."""
    word = str(facts["printer"]) if facts is not None and settings.url != _NONE else _asked(settings)
    if word == _NONE:
        yield judge.ok(("没有配置打印机", "No printer is configured"))
    elif word == PrinterStatus.OK:
        yield judge.ok(("正常", "Well"))
    elif word == PrinterStatus.UNKNOWN:
        what = "有连接，但不报状态", "Connected, but it says nothing of itself"
        yield judge.warn(what, ("打印一张小票试试。", "Try a slip."))
    else:
        do = "检查电源、连接线、纸和上盖。", "Check its power, cable, paper and cover."
        yield judge.fail((word, word), do)


def _asked(settings: PrinterSettings) -> str:
    device = open_printer(settings.url, settings.width)
    if device is None:
        return _NONE
    try:
        device.open()
        return device.status().value
    finally:
        device.close()


def broker(judge: Judge, settings: BrokerSettings | None, station: str, papers: Path) -> Iterator[Finding]:
    """Does head office's broker answer, and for how long are the certificates good?"""
    if settings is None:
        yield judge.ok(("没有配置总部连接", "No broker is configured"))
        return
    told = settings.broker(station, papers)  # its password can be read
    if settings.by_papers and not Path(told.certificate).exists():
        what = "本机尚未登记", "This machine is not enrolled"
        yield judge.fail(
            what, ("向总部要登记码，运行 jiayou-edge enrol。", "Get a code from head office: jiayou-edge enrol.")
        )
        return
    for host, port in told.places:
        yield _node(judge, told, host, port)
    if told.certificate:
        yield until(judge, told.certificate, machine.certificate_ends(Path(told.certificate)), datetime.now(UTC))


def _node(judge: Judge, told: Broker, host: str, port: int) -> Finding:
    where = f"{host}:{port}"
    try:
        peer = machine.knock_at(host, port, _context(told))
    except OSError as why:
        what = f"连不上 {where}：{why}", f"{where} can't be reached: {why}"
        do = (
            "检查网络、地址和证书；油站照常营业。",
            "Check network, address and certificates; the station sells all the same.",
        )
        return judge.fail(what, do)
    return until(judge, where, peer.certificate_ends, datetime.now(UTC))


def until(judge: Judge, whose: str, ends: datetime | None, now: datetime) -> Finding:
    """For how long a certificate is good; None: there is none."""
    if ends is None:
        return judge.ok((f"{whose} 有应答（未加密）", f"{whose} answers (not encrypted)"))
    days = (ends - now).days
    what = f"{whose}，证书到 {ends:%F}", f"{whose}, certificate until {ends:%F}"
    if days < 0:
        return judge.fail(what, ("证书已过期，请更换。", "The certificate has ended: renew it."))
    if days < _SOON_DAYS:
        return judge.warn(what, (f"还有 {days} 天到期，请更换。", f"It ends in {days} days: renew it."))
    return judge.ok(what)


def _context(settings: Broker) -> ssl.SSLContext | None:
    if not settings.tls:
        return None
    context = ssl.create_default_context(cafile=settings.ca or None)
    if settings.certificate:
        context.load_cert_chain(settings.certificate, settings.key or None)
    return context


def page(judge: Judge, settings: PageSettings, facts: dict[str, Any] | None) -> Iterator[Finding]:
    """Does the page answer; without an agent, is its port free?"""
    if facts is not None:
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared
        where = f"{host}:{facts['page_port']}"
        try:
            machine.knock_at(host, int(facts["page_port"]), None)
        except OSError as why:
            what = f"http://{where} 没有应答：{why}", f"http://{where} does not answer: {why}"
            yield judge.fail(what, ("请重启油站程序。", "Restart the agent."))
            return
        yield judge.ok((f"http://{where} 有应答", f"http://{where} answers"))
        return
    where = f"{settings.host}:{settings.port}"
    try:
        with socket.create_server((settings.host, settings.port)):
            yield judge.ok((f"{where} 空闲", f"{where} is free"))
    except OSError as why:
        what = f"{where} 不能用：{why}", f"{where} can't be used: {why}"
        do = "关闭占用端口的程序，或换 page.port。", "Close the program that has it, or choose another page.port."
        yield judge.fail(what, do)
