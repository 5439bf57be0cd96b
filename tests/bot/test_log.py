"""Log lines: JSON, with the exchange id, without what people wrote."""

import io
import json
import logging

from bot import log


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    """Parse what was logged."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_holds_constant_text_fields_and_the_exchange() -> None:
    """An operator follows one exchange through all modules by its id."""
    stream = io.StringIO()
    log.set_up_logging("INFO", stream)
    token = log.exchange_id.set("X1")
    logging.getLogger("bot.engine").info("answered", extra={"tokens": 3})
    log.exchange_id.reset(token)

    (line,) = lines(stream)
    assert (line["event"], line["tokens"], line["exchange_id"], line["level"]) == ("answered", 3, "X1", "info")


def test_an_exceptions_own_text_stays_out() -> None:
    """It may quote a message or a key; its type and place suffice."""
    stream = io.StringIO()
    log.set_up_logging("INFO", stream)
    try:
        int("secret words of a person")
    except ValueError:
        logging.getLogger("bot.engine").exception("failed")

    (line,) = lines(stream)
    assert line["error"] == "ValueError"
    assert "test_log.py" in str(line["where"])
    assert "secret" not in stream.getvalue()


def test_other_libraries_are_quiet_below_warnings() -> None:
    """SDKs log requests with their contents at lower levels."""
    stream = io.StringIO()
    log.set_up_logging("DEBUG", stream)
    logging.getLogger("slack_sdk").info("request")
    logging.getLogger("store.ledger").debug("ours")

    assert [line["event"] for line in lines(stream)] == ["ours"]
