"""Clusters over many rounds: whatever is asked in whatever order, nothing that was tested with is trained on."""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from store.clusters import Assigned, Clusters, cluster_of
from store.database import Database, migrate, open_database
from store.linking import alike_pairs, marks_of
from store.rounds import SqlRounds
from tests.contracts.ledgers import NOW
from tests.store.asked_alike import families

STRENGTH = ("train", "validation", "test")
FAMILIES = families(16, length=6)


def on_a_ledger(work: Callable[[Database], Awaitable[None]]) -> None:
    """Run *work* on an empty ledger."""

    async def run() -> None:
        async with open_database(f"sqlite:///{folder}/ledger.db") as database:
            await migrate(database)
            await work(database)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run())


async def assigned_in(rounds: Sequence[Sequence[str]], database: Database) -> list[dict[str, Assigned]]:
    """Assign what each of *rounds* brings, with all that was asked before; return what each question was then."""
    clusters, asked, found = Clusters(database), list[str](), list[dict[str, Assigned]]()
    for number, brought in enumerate(rounds):
        at = NOW + timedelta(days=number)
        await SqlRounds(database).begin(f"R{number}", "all", at=at)
        asked += brought
        found.append(dict(zip(asked, await clusters.assign(asked, at=at), strict=True)))
    return found


def brought(seed: int, rounds: int) -> list[list[str]]:
    """Return in which round which question is asked, some of them never."""
    rng = random.Random(seed)
    every = [question for family in FAMILIES for question in family if rng.random() < 0.8]
    rng.shuffle(every)
    return [every[number::rounds] for number in range(rounds)]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), rounds=st.integers(2, 7))
def test_what_is_tested_with_is_never_trained_on(seed: int, rounds: int) -> None:
    """No question for testing has a near-duplicate for training, once a test means for ever, and splits change by mergers alone."""

    async def work(database: Database) -> None:
        found = await assigned_in(brought(seed, rounds), database)
        for now in found:
            asked = [*now]
            pairs = [(asked[one], asked[two]) for one, two in alike_pairs(marks_of(asked)).tolist()]
            assert not [pair for pair in pairs if len({now[each].split for each in pair}) > 1]
            assert all(len({now[each].split for each in now if now[each].cluster == cluster}) == 1 for cluster in clusters_in(now))
        for before, now in pairwise(found):
            for each in before:
                old, new = before[each].split, now[each].split
                assert STRENGTH.index(new) >= STRENGTH.index(old)
                in_cluster = {before[other].split for other in before if now[other].cluster == now[each].cluster}
                assert new == max(in_cluster, key=STRENGTH.index)

    on_a_ledger(work)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), rounds=st.integers(2, 6))
def test_a_version_is_not_judged_by_what_it_may_have_learnt(seed: int, rounds: int) -> None:
    """A merger makes a test of what a round trained on: from then on its cluster does not count for that round's version."""

    async def work(database: Database) -> None:
        found = await assigned_in(brought(seed, rounds), database)
        now = found[-1]
        tests = [each for each in now if now[each].split == "test"]
        for number, then in enumerate(found):
            trained = {now[each].cluster for each in then if then[each].split != "test"}
            learnt = await Clusters(database).learnt(tests, round_id=f"R{number}")
            assert {cluster_of(each) for each in tests if now[each].cluster in trained} <= learnt
        assert await Clusters(database).learnt(tests, round_id=f"R{len(found) - 1}") == frozenset()

    on_a_ledger(work)


def test_mergers_happen_in_these_tests() -> None:
    """Else the two above would tell nothing: a family's ends are apart until what lies between is asked."""

    async def work(database: Database) -> None:
        ends = [question for family in FAMILIES for question in family[::5]]
        between = [question for family in FAMILIES for question in family[1:5]]
        first, second = await assigned_in([ends, between], database)
        merged = [family for family in FAMILIES if len({second[each].cluster for each in family}) == 1]
        turned = [each for each in first if first[each].split != second[each].split]
        assert len(merged) == len(FAMILIES)
        assert len(clusters_in(first)) == 2 * len(FAMILIES)
        assert turned
        tests = [each for each in second if second[each].split == "test"]
        learnt = await Clusters(database).learnt(tests, round_id="R0")
        assert {cluster_of(each) for each in turned if second[each].split == "test"} <= learnt
        assert learnt == await Clusters(database).learnt(tests, round_id="no such round")

    on_a_ledger(work)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_comes_at_once_is_assigned_alike_in_any_order(seed: int) -> None:
    """Workers that gather the same questions in other orders must not make other splits."""
    every = [question for family in FAMILIES for question in family]
    shuffled = random.Random(seed).sample(every, len(every))
    found: list[dict[str, Assigned]] = []

    async def work(database: Database, questions: Sequence[str]) -> None:
        found.extend(await assigned_in([questions], database))

    for questions in (every, shuffled):
        on_a_ledger(lambda database, questions=questions: work(database, questions))  # type: ignore[misc]

    assert found[0] == found[1]


@settings(max_examples=20, deadline=None)
@given(sizes=st.lists(st.integers(2, 30), min_size=1, max_size=6), seed=st.integers(0, 10_000))
def test_each_category_is_tested(sizes: list[int], seed: int) -> None:
    """Two questions of a category are enough for a test, in whichever calls they come; the shares stay near the design."""
    categories = {f"Question {number} {kind}?": f"category {kind}" for kind, size in enumerate(sizes) for number in range(size)}
    asked = random.Random(seed).sample([*categories], len(categories))
    counted: Counter[tuple[str, str]] = Counter()

    async def work(database: Database) -> None:
        clusters = Clusters(database)
        for part in (asked[::3], asked[1::3], asked[2::3]):
            found = await clusters.assign(part, at=NOW, categories=[categories[each] for each in part])
            counted.update((categories[each], given.split) for each, given in zip(part, found, strict=True))

    on_a_ledger(work)

    for kind, size in enumerate(sizes):
        shares = {split: counted[f"category {kind}", split] for split in STRENGTH}
        assert shares["test"] >= 1
        assert abs(shares["test"] - size / 4) <= 1
        assert abs(shares["train"] - 0.65 * size) <= 1


def clusters_in(found: dict[str, Assigned]) -> set[str]:
    """Return the clusters there are."""
    return {each.cluster for each in found.values()}
