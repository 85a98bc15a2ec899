"""What a page says, in each language: TOML files of the same keys, read once at start.

A template holds no words of its own. Keys are dotted (``point.phase.idle``); ``{name}`` in a text is filled in.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("zh", "en")
"""Chinese first: it is the one that a new visitor gets."""

OWN = Path(__file__).parent / "texts"


class Say:
    """The texts of one language: ``say("sale.total", fen=…)``."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key. ``LookupError`` when there is none: a page is wrong, and its test says so."""
        return self._texts[key].format_map(values) if values else self._texts[key]

    def reason(self, word: str, otherwise: str = "", prefix: str = "reason") -> str:
        """The text of a stable word from elsewhere; ``otherwise``, or the word, when this page does not know it yet."""
        return self._texts.get(f"{prefix}.{word}", otherwise or word)

    def knows(self, key: str) -> bool:
        """Whether there is a text of this key."""
        return key in self._texts


class Texts:
    """The catalogue of a face: the kit's texts, and the face's own over them."""

    def __init__(self, folder: Path) -> None:
        self._says = {language: Say(language, read(OWN, language) | read(folder, language)) for language in LANGUAGES}

    def say(self, language: str) -> Say:
        """The texts of a language, of the first one when it is unknown."""
        return self._says.get(language, self._says[LANGUAGES[0]])


def read(folder: Path, language: str) -> dict[str, str]:
    """The texts of one file by dotted key."""
    return flat(tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8")))


def flat(table: Mapping[str, object], where: str = "") -> dict[str, str]:
    """Nested tables as dotted keys."""
    out: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            out |= flat(value, f"{where}{key}.")
        else:
            out[where + key] = str(value)
    return out
