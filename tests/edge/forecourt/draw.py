"""Draws ``docs/fuelling-point.md`` from the state table: ``python -m tests.edge.forecourt.draw``."""

from edge.forecourt.fuelling_point import diagram, found_rows
from tests.edge.forecourt.test_fuelling_point import DOCS

TEXT = """# 加油位 · The fuelling point

One state table serves every protocol (`edge/forecourt/fuelling_point.py`); the states are IFSF's. This page is
drawn from it by `python -m tests.edge.forecourt.draw`, and a test compares the two.

An arrow bears the events that lead along it; behind the slash stands what the agent does. Events that change
nothing are left out.

```mermaid
{diagram}
```

## 出乎意料时 · When a dispenser surprises

An event from the dispenser that the table does not know in a phase is a surprise: the phase stays, the
dispenser is asked for its state, and its answer is taken at its word. The same happens when the agent starts,
and when a silent dispenser answers again. From nearly every phase the answers lead here:

| the dispenser was | the point is | what is done |
|---|---|---|
{found}

*Settle* finds out whether anything is to be recorded: a filling by our leave, one that nobody authorised, or
nothing (`edge/forecourt/settlement.py` lists its five ends). *Check* and *begin* adopt what runs by nobody's
leave.

## 授权与结束 · Leave, and its end

Leave to fill is written to the disk before the dispenser hears of it, and ends in the transaction that writes
the sale. So an agent that was killed at any moment reads the dispenser, finds the leave, and goes on from
there; it never authorises twice, and never forgets a filling.

A filling ends when the dispenser says *finished*, the nozzle hangs, two equal readings stand at least 750 ms
apart, and the totaliser has been read. Totaliser after − totaliser before = volume proves it; otherwise it is
**disputed** (争议): recorded, shown, sent to head office as such, and charged to nobody by itself.
"""

if __name__ == "__main__":
    DOCS.parent.mkdir(exist_ok=True)
    DOCS.write_text(TEXT.format(diagram=diagram(), found=found_rows()), encoding="utf-8")
