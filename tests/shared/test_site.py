"""What head office sets for all stations, and for one."""

from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Refused
from shared.site import LONGEST_LINE, MOST_DRIPS, MOST_LINES, SiteSettings, merged, must_be_sound

lines = st.none() | st.lists(st.text(max_size=LONGEST_LINE + 2), max_size=MOST_LINES + 1).map(tuple)
settings = st.builds(SiteSettings, lines, lines, st.none() | st.booleans(), st.none() | st.integers(-5, MOST_DRIPS + 5))


def test_what_is_set_for_a_station_alone_goes_before_what_is_set_for_all() -> None:
    chain = SiteSettings(("总部热线 400",), ("谢谢",), True, 100)
    own = SiteSettings(receipt_top=("世纪大道 1 号",), drip_limit=0)
    assert merged(own, chain) == SiteSettings(("世纪大道 1 号",), ("谢谢",), True, 0)


@given(settings)
def test_what_is_not_set_changes_nothing(some: SiteSettings) -> None:
    assert merged(SiteSettings(), some) == some == merged(some, SiteSettings())


@given(settings, settings)
def test_two_sound_settings_are_sound_together(own: SiteSettings, chain: SiteSettings) -> None:
    if is_sound(own) and is_sound(chain):
        assert is_sound(merged(own, chain))


@given(settings)
def test_what_is_sound_fits_a_receipt(some: SiteSettings) -> None:
    said = (some.receipt_top or ()) + (some.receipt_bottom or ())
    if is_sound(some):
        assert all(line and "\n" not in line and "\x1b" not in line for line in said)
        assert len(said) <= 2 * MOST_LINES


def is_sound(some: SiteSettings) -> bool:
    try:
        must_be_sound(some)
    except Refused:
        return False
    return True
