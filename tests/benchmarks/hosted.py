"""Hosted models: what a route costs, and what the asker gets where the service fails."""

from tests.benchmarks.rows import Row

ROWS = (
    Row("overhead", "hosted_overhead", "x", "<= 1.05"),
    Row("midstream", "hosted_midstream", "share of questions", ">= 1"),
    Row("outage", "hosted_outage", "s beyond the deadline", "<= 0.2, probes 5 s apart"),
)
