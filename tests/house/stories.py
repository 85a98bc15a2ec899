"""What others lost between station and company, and the tests that show that we do not.

``python -m tests.house.stories`` prints the table: story, test, room. A test belongs to a story by its name,
``test_f20_…``.
"""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.house.tree import sources

STORIES: Final[Mapping[str, str]] = {
    "F20": "The answer was lost, the sale was sent again, and the books had it twice.",
    "F21": "The answer came for an earlier attempt, matched nothing, and the row stayed for ever.",
    "F23": "A sale without a network and a restart: only its end arrived.",
    "F24": "The company gave the number, was not there to give it, and the sale never ended.",
    "F26": "After so many attempts, or when the queue was full, sales were thrown away on purpose.",
    "F27": "One bad record held up all that came after it, or vanished.",
    "F28": "Marked as under way before it was sent, a sale was never sent again.",
    "F29": "The receipt was printed, the power failed, and the sale was gone; the next one got its number.",
    "F30": "The queue lived in a browser, and the browser was cleaned.",
    "F31": "What had waited in the queue could not be read after an upgrade.",
    "F33": "The day was closed while sales were still under way.",
    "F34": "Two programs sent the same queue.",
    "F36": "A check was tightened, and what had really happened was refused.",
    "F37": "An unknown card made the company fall silent, and the station froze.",
    "F38": "Every transaction got the number 1.",
    "F39": "After an outage the station never came back, or said that it had only just gone.",
    "F40": "After an outage letters came before the greeting, or all at once.",
    "F41": "The device had done its part, the program died before it knew, and the customer was asked to pay again.",
    "F42": "An order was paid and had no filling; only a person could find which.",
    "F43": "Station and head office had different totals, and nobody could say why.",
    "F44": "Nobody could try what happens without a network.",
    "F50": "Two machines with one identity threw each other off the line for ever.",
    "F51": "What waited in memory died with the process.",
    "F52": "A broker restarted and forgot what it had promised to deliver.",
    "F53": "A command was carried out twice.",
    "F54": "What was sent again named a short topic that the new connection did not know.",
    "F55": "What was meant for one station moved another.",
    "F60": "Sales were stamped 1970.",
    "F115": "One station could end what another had begun.",
    "F116": "A password that everybody knows opened the door.",
    "F117": "A secret that all devices shared was read out of one of them.",
    "F120": "A power cut or a full disk left a store that was damaged, empty or shorter.",
}
_NAMED: Final = re.compile(r"test_(f\d+)_\w+")


def told() -> dict[str, list[tuple[str, Path]]]:
    """Story → its tests, each with its file."""
    found: dict[str, list[tuple[str, Path]]] = {}
    for path, tree in sources("tests"):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (name := _NAMED.fullmatch(node.name)):
                found.setdefault(name[1].upper(), []).append((node.name, path))
    return found


def main() -> None:
    """The table, as Markdown."""
    print("| story | what happened to others | test | room |\n|---|---|---|---|")
    tests = told()
    for story, words in STORIES.items():
        for name, path in sorted(tests.get(story, [])):
            print(f"| {story} | {words} | `{name}` | {path.parent} |")


if __name__ == "__main__":
    main()
