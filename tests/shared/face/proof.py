"""What every face must be able to show: two languages of the same texts, and no word outside them."""

import re
import string
from pathlib import Path

from shared.face.texts import LANGUAGES, OWN, read

_TEMPLATE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_TAG = re.compile(r"""<[^>]*>|[\w-]+="[^"]*\"""")
_SPOKEN = re.compile(r'\b(?:title|alt|placeholder|aria-label)="([^"]*)"')
_WORD = re.compile(r"[\u4e00-\u9fff]|[A-Za-z]{2,}")
_USED = re.compile(r"""\bt\(\s*["']([a-z0-9_.]+)["']""")
_CJK = re.compile(r"[\u4e00-\u9fff]")


def differences(texts: Path) -> set[str]:
    """Keys that one language has and the other lacks."""
    zh, en = (set(read(texts, language)) for language in LANGUAGES)
    return zh ^ en


def blanks_apart(texts: Path) -> set[str]:
    """Keys whose blanks (``{point}``) are not the same in both languages."""
    zh, en = (read(texts, language) for language in LANGUAGES)
    return {key for key in zh.keys() & en.keys() if _blanks(zh[key]) != _blanks(en[key])}


def untranslated(texts: Path) -> set[str]:
    """English texts that still hold Chinese, but for the switch that names the other language."""
    return {key for key, text in read(texts, "en").items() if _CJK.search(text) and not key.startswith("face.language")}


def bare_words(templates: Path) -> list[str]:
    """Words that stand in a template itself."""
    found = []
    for path in sorted(templates.rglob("*.html")):
        source = _TEMPLATE.sub(" ", path.read_text(encoding="utf-8"))
        spoken = " ".join(_SPOKEN.findall(source))
        found += [f"{path.name}: {word}" for word in _words(_TAG.sub(" ", source) + " " + spoken)]
    return found


def unknown_keys(templates: Path, texts: Path) -> set[str]:
    """Keys that a template names and no language has."""
    known = set(read(texts, "zh")) | set(read(OWN, "zh"))
    used = {key for path in templates.rglob("*.html") for key in _USED.findall(path.read_text(encoding="utf-8"))}
    return {key for key in used if key not in known and not key.endswith((".", "_"))}


def _words(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if _WORD.search(line)]


def _blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
