"""Can the lines be had: adapters, rights, names that last, and who has a port."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from edge.engineer import machine, wiring
from edge.engineer.checks.findings import Finding, Judge
from edge.settings import GaugeSettings, LineSettings
from hardware.adapters import adapters, advice, device_of, others
from hardware.errors import LineUnavailable


def line(judge: Judge, line: LineSettings, agent: int | None) -> Iterator[Finding]:
    """A line of the configuration. ``agent``: the process that may have it, None when no agent runs."""
    yield _reached(judge, line.url, agent)
    untested = wiring.untested(line)
    if untested:
        what = f"协议 {line.protocol} 尚未在本站测试", f"The protocol {line.protocol} was not tried here yet"
        yield judge.warn(what, ("试过加油、停止和断电后写 site_tested = true。", untested))


def gauge(judge: Judge, gauge: GaugeSettings, agent: int | None, facts: dict[str, Any] | None) -> Iterator[Finding]:
    """A tank gauge. A running agent is asked how it is: many consoles bear one caller only."""
    if facts is None:
        yield _reached(judge, gauge.url, agent)
        return
    reasons = [reason for part, reason, _ in facts.get("troubles", ()) if part == f"gauge:{gauge.name}"]
    if not reasons:
        yield judge.ok(("液位仪有应答", "The tank gauge answers"))
    for reason in reasons:
        yield judge.fail(_GAUGE_TROUBLES.get(reason, (reason, reason)), _CHECK_GAUGE)


_GAUGE_TROUBLES: Final = {
    "gauge_no_answer": ("液位仪没有应答", "The tank gauge does not answer"),
    "gauge_unreadable": ("液位仪的应答读不懂", "What the tank gauge says makes no sense"),
    "gauge_refused": ("液位仪拒绝了查询", "The tank gauge refuses the question"),
    "gauge_line_lost": ("液位仪连接断开", "The line to the tank gauge is lost"),
}
_CHECK_GAUGE: Final = (
    "检查液位仪的电源、接线、串口参数和安全码。",
    "Check its power, its cable, the settings of its port and its security code.",
)


def _reached(judge: Judge, url: str, agent: int | None) -> Finding:
    if "://" in url:
        return _server(judge, url)
    try:
        path = device_of(url)
    except LineUnavailable as why:
        return judge.fail((str(why), str(why)), _plug_in())
    return _port(judge, url, path, agent)


def _port(judge: Judge, url: str, path: str, agent: int | None) -> Finding:
    if not os.path.exists(path):
        return judge.fail((f"没有串口 {path}", f"There is no serial port {path}"), _plug_in())
    if not os.access(path, os.R_OK | os.W_OK):
        what = f"没有权限使用 {path}", f"This user may not use {path}"
        do = "sudo usermod -aG dialout 用户，然后重新登录。", "sudo usermod -aG dialout USER, then log in again."
        return judge.fail(what, do)
    who = others(path)
    ours = agent is not None and f"(process {agent})" in who
    if who and not ours and not os.path.realpath(path).startswith("/dev/pts/"):
        what = f"{path} 被占用：{who}", f"{path} is in use by {who}"
        return judge.fail(what, ("请关闭那个程序。", "Close that program."))
    better = advice(url)
    if better:
        return judge.warn((f"{url} 重启后可能是另一个转换器", f"{url} may be another adapter"), (better, better))
    used = (f"，由 {who} 使用", f", used by {who}") if who else ("", "")
    return judge.ok((f"{path} 可用{used[0]}", f"{path} can be used{used[1]}"))


def _server(judge: Judge, url: str) -> Finding:
    host, _, port = url.partition("://")[2].rpartition(":")
    try:
        machine.knock_at(host.strip("[]"), int(port), None)
    except (OSError, ValueError) as why:
        what = f"连不上串口服务器 {url}：{why}", f"The serial server {url} can't be reached: {why}"
        return judge.fail(what, ("检查它的电源、网线和地址。", "Check its power, its cable and its address."))
    return judge.ok((f"串口服务器 {url} 有应答", f"The serial server {url} answers"))


def _plug_in() -> tuple[str, str]:
    there = ", ".join(Path(adapter.name).name for adapter in adapters()) or "—"
    return f"检查转换器是否插好。现有：{there}", f"Check that the adapter is plugged in. There are: {there}"
