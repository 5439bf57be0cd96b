"""Answers worth trusting: what is found and how soon, what is approved, declined and invented."""

from tests.benchmarks.rows import Row

_LONG_S = 3 * 3600  # a hundred thousand passages are made first; the model answers two hundred questions

ROWS = (
    Row("en_hit5", "answers_english", "share", ">= 0.95"),
    Row("en_mrr5", "answers_english", "share", ">= 0.88"),
    Row("bilingual_recall5", "answers_bilingual", "share", ">= 0.9"),
    Row("bilingual_plain", "answers_bilingual", "share", "<= 0.03"),
    Row("bilingual_typo", "answers_bilingual", "share", "<= 0.05"),
    Row("p50_100k", "answers_speed", "ms", "<= 5", _LONG_S),
    Row("rss_100k", "answers_speed", "MB", "<= 1000", _LONG_S),
    Row("import", "answers_import", "pages/s", ">= 20"),
    Row("approved_first", "answers_approved", "of paraphrases", ">= 0.9"),
    Row("approved_first_wrong", "answers_approved", "of near misses", "<= 0.01"),
    Row("declined_out", "answers_declined", "share", ">= 0.9"),
    Row("declined_in", "answers_declined", "share", "<= 0.08"),
    Row("invented", "answers_invented", "of 200", "<= 1", _LONG_S),
    Row("invented_bare", "answers_invented", "of 200", "<= 1", _LONG_S),
)
