"""Training rows: how fast files become some and are checked, what redaction and folding find, and whether an erased person is gone."""

from tests.benchmarks.rows import Row

ROWS = (
    Row("pipeline", "data_pipeline", "rows/s", ">= 800"),
    Row("validate", "data_validate", "x", ">= 0.5"),
    Row("redaction", "data_redaction", "recall", ">= 0.95, precision >= 0.97"),
    Row("folding", "data_folding", "share of pairs", ">= 0.95"),
    Row("deterministic", "data_pipeline", "files that differ", "<= 0"),
    Row("erased", "data_erased", "readings", "<= 0"),
)
