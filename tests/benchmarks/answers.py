"""Answers worth trusting: what is found, what is declined, what is invented."""

from tests.benchmarks.rows import Row

_LONG_S = 3 * 3600

ROWS = (
    Row("declined_out", "answers_declined", "share", ">= 0.9"),
    Row("declined_in", "answers_declined", "share", "<= 0.08"),
    Row("invented", "answers_invented", "of 200", "<= 1", _LONG_S),
    Row("invented_bare", "answers_invented", "of 200", "<= 1", _LONG_S),
)
