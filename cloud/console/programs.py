"""The two commands that stay: the company itself, and its broker."""

import asyncio
import logging
import sys

import structlog

from cloud import broker
from cloud.console import trial
from cloud.console.acts import Words
from cloud.founding import tell_broker
from cloud.settings import Log, Settings


def run(settings: Settings, _words: Words) -> None:
    """The company, until it is told to end."""
    set_up_log(settings.log)
    asyncio.run(_run(settings))


def run_broker(settings: Settings, words: Words) -> None:
    """Writes the broker's configuration and becomes the broker: whoever supervises this process supervises it."""
    if words.write:
        tell_broker(settings)
        sys.stdout.write(f"{settings.place.directory}\n")
    elif words.trial_cluster:
        trial.run(settings)
    else:
        tell_broker(settings)
        broker.run(settings.place)


def set_up_log(log: Log) -> None:
    """Lines go to standard error, where journald reads them."""
    level = logging.getLevelNamesMapping()[log.level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            _lines(log),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _lines(log: Log) -> structlog.typing.Processor:
    """JSON for collectors, colours for a person at a terminal, plain key=value for journald."""
    if log.json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer(colors=True)
    return structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])


async def _run(settings: Settings) -> None:
    from cloud.app import build  # the pages and the line take a second to load; no other command needs them

    await build(settings).run()
