"""Sales are looked for by their index, however many a station has sold."""

from typing import Any

import pytest
from sqlalchemy import event

from cloud.store import sales
from cloud.store.database import Books


@pytest.mark.parametrize(
    "places",
    [[("pudong-1", 1, 9_000, 9_000)], [("pudong-1", 1, 1, 900), ("minhang-2", 1, 1, 1)]],
    ids=["a live sale", "two backlogs"],
)
def test_a_filling_told_twice_is_found_without_reading_what_else_its_station_sold(
    sqlite_books: Books, places: list[tuple[str, int, int, int]]
) -> None:
    """SQLite keeps no statistics, and on its own account read all of it, for each sale that arrived."""
    asked: list[tuple[str, Any]] = []
    with sqlite_books.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        sales.same_readings(connection, places)
        statement, values = asked[0]
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()]
    steps = [step for step in plan if step.startswith(("SCAN", "SEARCH"))]
    assert [step for step in steps if "mine" not in step] == [
        "SEARCH meter USING COVERING INDEX ix_sale_meter (station=? AND totaliser_before=?)",
        "SEARCH other USING PRIMARY KEY (station=? AND epoch=? AND seq=?)",
    ]
    assert {step for step in steps if "mine" in step} == {
        "SEARCH mine USING PRIMARY KEY (station=? AND epoch=? AND seq>? AND seq<?)"
    }
