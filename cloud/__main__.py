"""``jiayou-cloud``: the command line of head office."""

import sys
from collections.abc import Sequence

from cloud import settings
from cloud.console.parser import parser
from cloud.console.printed import as_json, as_text
from shared.errors import JiayouError, SettingsMisread


def main(words: Sequence[str] | None = None) -> int:
    """Does one command. 0: done; 1: refused or out of reach; 2: wrong words or a wrong configuration."""
    wishes = parser().parse_args(words)
    try:
        result = wishes.act(settings.read(wishes.config), wishes)
    except SettingsMisread as why:
        return _failed(why, 2)
    except JiayouError as why:
        return _failed(why, 1)
    except KeyboardInterrupt:
        return 130
    if result is not None:
        print(as_json(result) if wishes.json else as_text(result))
    return 0


def _failed(why: JiayouError, code: int) -> int:
    print(f"jiayou-cloud: {why}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
