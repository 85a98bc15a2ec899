"""Can the lines be had: adapters, rights, names that last, and who has a port."""

import os
from collections.abc import Iterator
from pathlib import Path

from edge.engineer import machine, wiring
from edge.engineer.checks.findings import Finding, Judge
from edge.settings import LineSettings
from hardware.adapters import adapters, advice, device_of, others
from hardware.errors import LineUnavailable


def line(judge: Judge, line: LineSettings, agent: int | None) -> Iterator[Finding]:
    """A line of the configuration. ``agent``: the process that may have it, None when no agent runs."""
    if "://" in line.url:
        yield _server(judge, line.url)
        return
    try:
        path = device_of(line.url)
    except LineUnavailable as why:
        yield judge.fail((str(why), str(why)), _plug_in())
        return
    yield _port(judge, line.url, path, agent)
    untested = wiring.untested(line)
    if untested:
        what = f"协议 {line.protocol} 尚未在本站测试", f"The protocol {line.protocol} was not tried here yet"
        yield judge.warn(what, ("试过加油、停止和断电后写 site_tested = true。", untested))


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
