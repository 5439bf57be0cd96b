"""Categories that have too few rows, or rows that are all alike."""

from finetune.statistics.balance import Category, Frequent, Tally, lacks_of


def category(rows: int, *, source: str = "a", language: str = "en", answers: int = 100, good: bool | None = None) -> Category:
    made = Category()
    for row in range(rows):
        made.rows += 1
        made.sources.add(source)
        made.languages.add(language)
        made.answers.add(str(row % answers))
        if good is not None:
            made.verdicts[good] += 1
    return made


WHOLE = category(100)
for name in ("b", "c"):
    WHOLE.sources.counts[name] = 100
WHOLE.languages.counts["pt"] = 100
WHOLE.verdicts.update({True: 5, False: 5})


def test_each_lack_is_named() -> None:
    """Nothing where the rows differ."""
    mixed = category(30)
    mixed.sources.counts.update({"b": 30})
    mixed.languages.counts.update({"pt": 30})

    assert lacks_of(mixed, whole=WHOLE) == []
    assert lacks_of(category(19, answers=1, good=True), whole=WHOLE) == ["few", "one_source", "one_language", "one_verdict", "one_answer"]


def test_what_the_whole_file_is_like_is_no_lack_of_a_category() -> None:
    """All rows of a file in English are."""
    assert lacks_of(category(30), whole=category(300)) == []


def test_frequent_answers_are_found_among_any_number() -> None:
    """Never counted too often, and too seldom by a thirty-third at most."""
    answers = Frequent()
    for number in range(3300):
        answers.add("same" if number % 2 else str(number))

    assert 1650 - 100 <= answers.most <= 1650


def test_names_beyond_a_thousand_are_counted_together() -> None:
    """Memory stays bounded where every row names another source."""
    tally = Tally()
    for number in range(1500):
        tally.add(str(number))
    tally.add("0")

    assert (len(tally.counts), tally.others, tally.ranked()[0]) == (1000, 500, ("0", 2))
