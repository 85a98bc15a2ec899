"""Bytes and letters that are almost right: what a bad disk, a bug or somebody with bad intent makes of them."""

from copy import deepcopy
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

ODD: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63), 10**30, 0.5, -0.0, 1e300, "", " ", "0", "\0",
    "😀", "a" * 3_000, "2026-11-22", [], [[]], {}, {"": None}, [None] * 50,
)  # fmt: skip
"""Values that some field does not expect."""


_ODD: Final = st.sampled_from(ODD).map(deepcopy)


def spoilt(whole: bytes) -> SearchStrategy[bytes]:
    """Some bytes changed, cut out or put in."""
    place = st.integers(0, len(whole))
    deed = st.tuples(place, st.integers(0, 4), st.binary(max_size=4))
    return st.lists(deed, min_size=1, max_size=4).map(lambda deeds: _do(whole, deeds))


def _do(whole: bytes, deeds: list[tuple[int, int, bytes]]) -> bytes:
    for at, cut, put in deeds:
        whole = whole[:at] + put + whole[at + cut :]
    return whole


@st.composite
def odd(draw: st.DrawFn, json: bytes) -> bytes:
    """A letter of JSON in which a value somewhere is one that nobody expects, or is missing, or has a name too many."""
    root = msgspec.json.decode(json)
    for _ in range(draw(st.integers(1, 3))):
        _spoil(draw, root)
    return msgspec.json.encode(root)


def _spoil(draw: st.DrawFn, node: Any) -> None:
    """Walks down to some place, and changes what is there."""
    while True:
        keys: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key] or draw(st.booleans()):
            break
        node = node[key]
    deed = draw(st.sampled_from(("change", "drop", "add")))
    if deed == "change":
        node[key] = draw(_ODD)
    elif deed == "drop":
        del node[key]
    elif isinstance(node, dict):
        node[draw(st.sampled_from(("", "x", "seq", "sale", "station")))] = draw(_ODD)
    else:
        node.append(draw(_ODD))
