"""The loop: what a round costs, what it teaches, and what people notice of it meanwhile."""

from tests.benchmarks.rows import Row

# Rows that train whole adapters for three seeds; what one has made the next ones take from there.
_LONG_S = 3 * 3600

ROWS = (
    Row("facts_top1", "loop_learning", "share", ">= 0.9", _LONG_S),
    Row("facts_top3", "loop_learning", "share", ">= 0.75", _LONG_S),
    Row("unseen_facts", "loop_learning", "share", ">= 0.82", _LONG_S),
    Row("round_cpu", "loop_rounds", "CPU-min", "<= 10", _LONG_S),
    Row("fixed", "loop_rounds", "share", ">= 0.6", _LONG_S),
    Row("lost", "loop_rounds", "share", "<= 0.02", _LONG_S),
    Row("train_speed", "loop_training", "x", ">= 1.3", _LONG_S),
    Row("parity", "loop_parity", "share", ">= 0.95"),
    Row("serve_while_training", "loop_serving", "x", "<= 1.6"),
)
