"""Speed and memory of serving: what a person waits for, and what the machine must hold."""

from tests.benchmarks.rows import Row

ROWS = (
    Row("second_turn_ttft", "serving_model", "x", "<= 1.5"),
    Row("decode", "serving_model", "x", ">= 0.95"),
    Row("rss_demo_idle", "serving_start", "MB", "<= 700"),
    Row("export_peak", "serving_export", "MB", "<= 300"),
    Row("bolt_overhead", "serving_slack", "x", ">= 0.5"),
    Row("start_second", "serving_start", "s", "<= 8"),
)
