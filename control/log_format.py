"""How log lines look: for people on a terminal, as JSON lines elsewhere; in both, without secrets."""

from __future__ import annotations

import logging
import sys

import structlog

from control.log_redaction import RedactingFormatter, redact_event


def configure_logging() -> None:
    """Send structlog's lines to standard error; called once, by the command line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(logging.BASIC_FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    renderer = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if sys.stderr.isatty() else _tracebacks(),
            redact_event,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        # A logger that is kept would hold on to this standard error, also when it is closed or set up anew.
        cache_logger_on_first_use=False,
    )


def _tracebacks() -> structlog.typing.Processor:
    """Without the values of variables, among which are passwords."""
    return structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
