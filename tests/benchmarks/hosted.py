"""Hosted models: what a route costs, what the asker gets where the service fails, what may be spent."""

from tests.benchmarks.rows import Row

ROWS = (
    Row("overhead", "hosted_overhead", "x", "<= 1.05"),
    Row("midstream", "hosted_midstream", "share of questions", ">= 1"),
    Row("outage", "hosted_outage", "s beyond the deadline", "<= 0.2, probes 5 s apart"),
    Row("cached", "hosted_spending", "ms", "<= 5"),
    Row("budget", "hosted_spending", "answers over", "<= 50"),
)
