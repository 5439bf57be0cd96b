"""Logging: one JSON object a line on standard error, with the exchange id; never message text, never secrets."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

exchange_id: ContextVar[str] = ContextVar("exchange_id", default="")

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Constant text in `event`, values in fields of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if current := exchange_id.get():
            line["exchange_id"] = current
        line |= {key: value for key, value in record.__dict__.items() if key not in _PLAIN}
        if record.exc_info and record.exc_info[0] is not None:
            # The exception's own text may quote a message; where it happened is enough to find a bug.
            line["error"] = record.exc_info[0].__name__
            line["where"] = _where(record)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logging(level: str, stream: TextIO | None = None) -> None:
    """Send our log lines at *level*, and other libraries' warnings, to *stream* (standard error by default)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for package in ("bot", "store", "finetune", "adapters"):
        logging.getLogger(package).setLevel(level)


def _where(record: logging.LogRecord) -> list[str]:
    frames = []
    step = record.exc_info[2] if record.exc_info else None
    while step is not None:
        frames.append(f"{step.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{step.tb_lineno}")
        step = step.tb_next
    return frames[-8:]
