"""The checker sees what it is there to see."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.store.database import Books
from edge.store.database import Store
from hardware.simulation.pump import TrueFilling
from shared.sale import SaleStatus
from tests.fakes.ends import founded, sale_of, sell
from tests.flow.checker import StationBooks, agree, differences, poured, station_books


@pytest.fixture
def told(tmp_path: Path) -> StationBooks:
    """A station that has sold three times."""
    store = Store.open(tmp_path / "store", "s1")
    store.call(sell, store, 3)
    store.close()
    return station_books(tmp_path / "store")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Books]:
    """A head office that has heard nothing."""
    books = founded(f"sqlite:///{tmp_path / 'company.sqlite'}", ["s1"])
    yield books
    books.close()


def real(number: int) -> TrueFilling:
    """The filling behind the sale of this number."""
    sale = sale_of(number)
    fuel, proof = sale.delivery, sale.proof
    before, after = proof.before or 0, proof.after or 0
    return TrueFilling(
        fuel.point, fuel.nozzle, fuel.grade, fuel.volume, fuel.amount, fuel.unit_price, before, after, 0, 0
    )


def test_what_flowed_and_was_sold_agrees(told: StationBooks) -> None:
    poured(told, [real(number) for number in (1, 2, 3)])


def test_a_lost_an_invented_and_a_doubled_sale_are_seen(told: StationBooks) -> None:
    assert "flowed and was not sold" in next(differences(told, [real(number) for number in (1, 2, 3, 4)]))
    assert "sold and never flowed" in next(differences(told, [real(1), real(2)]))
    assert "flowed and was not sold" in next(differences(told, [real(1), real(2), real(3), real(3)]))


def test_a_fen_too_much_is_seen(told: StationBooks) -> None:
    cheaper = replace(real(2), amount=real(2).amount - 1)
    assert "other figures" in next(differences(told, [real(1), cheaper, real(3)]))
    assert all(sale.status is SaleStatus.SETTLED for _, sale in told.sold())


def test_letters_that_never_arrived_are_seen(told: StationBooks, empty: Books) -> None:
    with pytest.raises(AssertionError, match="letters lost on the way") as seen:
        agree(empty, [told])
    assert "3 letters were never acknowledged" in str(seen.value)
    assert "sales lost on the way" in str(seen.value)


def test_a_redemption_beside_its_sale_is_seen(told: StationBooks, empty: Books) -> None:
    with pytest.raises(AssertionError, match="redemptions and sales differ"):
        agree(empty, [replace(told, redemptions=Counter({"c1": 1}))])
