"""Who may work here: what ``jiayou-edge attendant`` does. It runs beside the agent, as a guest of its store."""

from edge.attendant.pins import new_pin, new_salt, pin_hash
from edge.store import attendants
from edge.store.attendants import Attendant, Role
from edge.store.database import Store
from shared.errors import Refused

LONGEST_NAME = 24


def enlist(store: Store, name: str, role: Role = Role.ATTENDANT) -> str:
    """Add somebody; gives the PIN, which is shown this once and kept by nobody. :exc:`Refused` for a bad name."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or ":" in name:
        raise Refused("bad_name", f"A name has 1 to {LONGEST_NAME} characters, and no colon.")
    pin, salt = new_pin(), new_salt()
    if not store.call(attendants.add, name, pin_hash(pin, salt), salt, store.clock.wall(), role):
        raise Refused("name_taken", f"There is an attendant “{name}” already. To give a new PIN, remove and add again.")
    return pin


def roster(store: Store) -> list[Attendant]:
    """Everybody, by name."""
    return store.call(attendants.everybody)


def dismiss(store: Store, name: str) -> None:
    """Remove an attendant, and log them out. :exc:`Refused` when there is none of that name."""
    if not store.call(attendants.remove, name):
        raise Refused("unknown_attendant", f"There is no attendant “{name}”. `jiayou-edge attendant list` names them.")
