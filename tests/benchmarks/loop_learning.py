"""What a version has learnt: held-out phrasings of three companies' facts, of which it was trained on two thirds, three seeds each."""

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from finetune.bootstrap import wilson
from tests.benchmarks.loop_adapters import COMPANIES, adapter_of
from tests.benchmarks.loop_facts import facts_in, measure_facts, split
from tests.benchmarks.loop_shared import SEEDS, once, say
from tests.benchmarks.result import Result, at_least

Shares = dict[str, Any]


async def facts_top1(workdir: Path) -> Result:
    """Answers that contain the fact, with the best passage in the prompt: the mean of three seeds over all held-out phrasings."""
    return at_least("facts_top1", await asyncio.to_thread(_mean, "top1", "ceiling_top1", workdir), goal=0.90, unit="share")


async def facts_top3(workdir: Path) -> Result:
    """The same with three passages in the prompt."""
    return at_least("facts_top3", await asyncio.to_thread(_mean, "top3", "ceiling_top3", workdir), goal=0.75, unit="share")


async def unseen_facts(workdir: Path) -> Result:
    """With the best passage, over the third of the facts that were never trained on."""
    return at_least("unseen_facts", await asyncio.to_thread(_mean, "unseen", "ceiling_top1", workdir), goal=0.82, unit="share")


def _mean(what: str, ceiling: str, workdir: Path) -> float:
    """Return the mean share over the seeds; the base's, each company's, the interval and the retrieval ceiling are told."""
    base = _of_all(None, workdir)
    say(f"{what}, base: {_pooled(base, what)}; retrieval ceiling {_pooled(base, ceiling)}")
    seeds = [_of_all(seed, workdir) for seed in SEEDS]
    for seed, shares in zip(SEEDS, seeds, strict=True):
        each = ", ".join(f"{company[0].stem} {share[what]['value']:.3f}" for company, share in zip(COMPANIES, shares, strict=True))
        say(f"{what}, seed {seed}: {_pooled(shares, what)} ({each})")
    say(f"{what}, all seeds: {_pooled([share for shares in seeds for share in shares], what)}")
    return statistics.fmean(_pool(shares, what)[0] for shares in seeds)


def _of_all(seed: int | None, workdir: Path) -> list[Shares]:
    """Return the shares of each company; None asks the base, of whose split the first seed's is told."""
    adapter = None if seed is None else adapter_of(seed, workdir)
    return [
        once(f"facts-{name}-{'base' if seed is None else seed}", partial(_measure, number, seed or 0, adapter, workdir))
        for number, name in enumerate(company[0].stem for company in COMPANIES)
    ]


def _measure(number: int, seed: int, adapter: Path | None, workdir: Path) -> Shares:
    company = COMPANIES[number]
    facts = facts_in(*company)
    _, unseen = split(facts, seed=seed)
    folder = workdir / f"{company[0].stem}-{seed if adapter else 'base'}"
    folder.mkdir(parents=True)
    return asdict(asyncio.run(measure_facts(facts, unseen, adapter=adapter, folder=folder, progress=lambda _done, _total: None)))


def _pool(shares: Sequence[Shares], what: str) -> tuple[float, int]:
    """Return the share over all questions of all companies, and how many there were."""
    count = sum(share[what]["count"] for share in shares)
    return sum(share[what]["value"] * share[what]["count"] for share in shares) / count, count


def _pooled(shares: Sequence[Shares], what: str) -> str:
    value, count = _pool(shares, what)
    interval = wilson(round(value * count), count)
    return f"{value:.3f} [{interval.low:.3f}, {interval.high:.3f}] of {count}"
