"""Delivery on the chat platforms: exactly once, acknowledgements, limits, the first sign, and memory."""

from tests.benchmarks.rows import Row

ROWS = (
    Row("exactly_once", "platforms_both", "questions", "<= 1"),
    Row("ack_p99", "platforms_load", "s", "<= 1"),
    Row("limits_on", "platforms_load", "%", ">= 100"),
    Row("first_sign", "platforms_both", "s", "<= 0.5"),
    Row("rss_10k", "platforms_memory", "MB", "<= 150"),
)
