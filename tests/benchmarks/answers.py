"""Answers worth trusting: retrieval, approved answers, confidence."""

from tests.benchmarks.rows import Row

ROWS = (
    Row("approved_first", "answers_approved", "of paraphrases", ">= 0.9"),
    Row("approved_first_wrong", "answers_approved", "of near misses", "<= 0.01"),
)
