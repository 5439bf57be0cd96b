"""What people said of answers makes a probability of evidence: fitted on rated exchanges, judged on those left out, kept in the ledger."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, select

from bot.confidence import BY_HAND, OFFSET, UNREAD_OFFSET, UNREAD_WEIGHTS, WEIGHTS, Calibration, Calibrations, Cut, Method, score_of
from bot.identifiers import new_id
from store.clusters import cluster_of
from store.conversations import count_of
from store.database import Database
from store.logistic import fit_logistic
from store.schema import calibrations, corrections, exchanges

Array = NDArray[np.float64]

FOLDS: Final = 5
PRECISIONS: Final = (0.9, 0.95)
# Two numbers want some dozens of ratings, a curve of any shape hundreds; below, what is shipped stays.
_LEAST: Final[Mapping[Method, tuple[int, int]]] = {"shipped": (0, 0), "platt": (30, 5), "isotonic": (150, 20)}  # in all, of either kind
_NEW: Final = 20  # ratings, or a tenth more, before anything is fitted anew
_KNOWN_FOR_S: Final = 2.0  # what the ledger said is good for so long
_BINS: Final = 10
_CUTS: Final = 40
_TELLING: Final = 20  # answers above a threshold, before their precision is believed


@dataclass(frozen=True, slots=True)
class Rated:
    """An answered exchange that people or an expert judged: the log-odds of its evidence; `question` is its cluster."""

    question: str
    score: float
    right: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """
    How good the numbers are, each told by a fit that had not seen its question.

    `error` is the expected calibration error (https://doi.org/10.1609/aaai.v29i1.9602, ten bins of equal size), `coverage` the share of
    answers that could be given at each precision, `losses` the mean log loss of each method that was tried. None where too few are rated.
    """

    ratings: int
    right: int
    method: Method
    error: float | None
    coverage: Mapping[str, float | None]
    losses: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A calibration with its figures; `fitted_at` is None for the shipped one."""

    calibration: Calibration
    figures: Figures
    fitted_at: datetime | None = None


def fit(rated: Sequence[Rated]) -> Fitted:
    """Return the calibration whose probabilities were best on questions it was not fitted on: the shipped one, Platt's or isotonic."""
    scores = np.array([each.score for each in rated])
    right = np.array([each.right for each in rated], dtype=np.float64)
    tried = [method for method in _LEAST if _enough(method, right)]
    folds = np.array([int(each.question[:8], 16) % FOLDS for each in rated])
    guessed = {method: _left_out(method, scores, right, folds) for method in tried}
    losses = {method: _log_loss(likely, right) for method, likely in guessed.items()} if len(rated) else {}
    best = min(losses, key=lambda method: losses[method], default=tried[0])
    enough = _enough("platt", right)
    cuts = _cuts(guessed[best], right) if enough else ()
    figures = Figures(
        ratings=len(rated),
        right=int(right.sum()),
        method=best,
        error=round(expected_error(guessed[best], right), 4) if enough else None,
        coverage={f"{wanted:g}": _coverage(cuts, wanted) if enough else None for wanted in PRECISIONS},
        losses={method: round(loss, 4) for method, loss in losses.items()},
    )
    return Fitted(replace(_fitted(best, scores, right), cuts=cuts), figures)


def expected_error(likely: Array, right: Array) -> float:
    """Return how far probabilities are from shares, in the mean over ten bins of equal size; both of shape (answers,)."""
    bins = np.array_split(np.argsort(likely, kind="stable"), _BINS)
    return float(sum(abs(likely[each].mean() - right[each].mean()) * len(each) for each in bins if len(each)) / len(likely))


def _enough(method: Method, right: Array) -> bool:
    whole, either = _LEAST[method]
    return len(right) >= whole and min(right.sum(), len(right) - right.sum()) >= either


def _left_out(method: Method, scores: Array, right: Array, folds: NDArray[Any]) -> Array:
    """Return each answer's probability, as fitted on the questions of the other folds."""
    likely = np.empty(len(scores))
    for fold in range(FOLDS):
        out = folds == fold
        fitted = _fitted(method, scores[~out], right[~out]) if len(set(right[~out])) == 2 else Calibration()
        likely[out] = [fitted.probability(float(score)) for score in scores[out]]
    return likely


def _fitted(method: Method, scores: Array, right: Array) -> Calibration:
    match method:
        case "shipped":
            return Calibration()
        case "platt":
            # Platt's own targets keep a few ratings from being believed to the end.
            goods, bads = right.sum(), len(right) - right.sum()
            target = np.where(right > 0, (goods + 1) / (goods + 2), 1 / (bads + 2))
            offset, slope = fit_logistic(scores[:, None], target, weights=np.ones(len(scores)), ridge=0.1)
            # A slope below zero would decline the best: then evidence tells nothing here, and every answer is as good as all.
            return Calibration("platt", max(float(slope), 0.0), float(offset))
        case "isotonic":
            return Calibration("isotonic", steps=_isotonic(scores, right))


def _isotonic(scores: Array, right: Array) -> tuple[tuple[float, float], ...]:
    """Pool adjacent violators (https://doi.org/10.1214/aoms/1177728423); a block has half an answer more of either kind: none is sure."""
    blocks: list[tuple[float, float, int]] = []  # the sums of scores and of right ones, and how many
    for at in np.argsort(scores, kind="stable"):
        blocks.append((float(scores[at]), float(right[at]), 1))
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][2] >= blocks[-1][1] * blocks[-2][2]:
            last = blocks.pop()
            blocks[-1] = (blocks[-1][0] + last[0], blocks[-1][1] + last[1], blocks[-1][2] + last[2])
    shares = np.maximum.accumulate([(goods + 0.5) / (count + 1) for _, goods, count in blocks])
    return tuple((total / count, float(share)) for (total, _, count), share in zip(blocks, shares, strict=True))


def _log_loss(likely: Array, right: Array) -> float:
    likely = np.clip(likely, 1e-4, 1 - 1e-4)
    return float(-(right * np.log(likely) + (1 - right) * np.log(1 - likely)).mean())


def _cuts(likely: Array, right: Array) -> tuple[Cut, ...]:
    found: list[Cut] = []
    for threshold in np.unique(np.quantile(likely, np.linspace(0, 1, _CUTS, endpoint=False), method="lower")):
        given = likely >= threshold
        if given.sum() >= _TELLING:
            found.append(Cut(float(threshold), float(given.mean()), float(right[given].mean())))
    return tuple(found)


def _coverage(cuts: Sequence[Cut], wanted: float) -> float:
    return round(max((cut.coverage for cut in cuts if cut.precision >= wanted), default=0.0), 4)


class SqlCalibrations(Calibrations):
    """The calibrations in the ledger: the newest holds, in every process within seconds."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Look nothing up yet; *clock* gives seconds that never go back."""
        self._database = database
        self._clock = clock
        self._known: tuple[float, Calibration] | None = None

    async def current(self) -> Calibration:
        """See the port."""
        now = self._clock()
        if self._known is None or now - self._known[0] >= _KNOWN_FOR_S:
            fitted = await self.newest()
            self._known = now, fitted.calibration if fitted else Calibration()
        return self._known[1]

    async def newest(self) -> Fitted | None:
        """Return what was fitted last; None where nothing was, or with other weights than this version's."""
        newest = select(calibrations).order_by(calibrations.c.fitted_at.desc(), calibrations.c.calibration_id.desc()).limit(1)
        async with self._database.connect() as connection:
            row = (await connection.execute(newest)).one_or_none()
        if row is None or row.model.get("weights") != _weights():
            return None
        return Fitted(_read(row.model), Figures(**row.figures), row.fitted_at)

    async def judge(self) -> Fitted:
        """Return what would be fitted now, and keep nothing."""
        return fit(await self._rated())

    async def refit(self, at: datetime, *, always: bool = False) -> Fitted | None:
        """Fit anew and keep it, where enough was rated since the last time or *always*; else return None."""
        rated, last = await self._rated(), await self.newest()
        known = last.figures.ratings if last else 0
        if not always and len(rated) - known < max(_NEW, known // 10):
            return None
        fitted = replace(fit(rated), fitted_at=at)
        row = {"exchanges": len(rated), "model": _written(fitted.calibration), "figures": asdict(fitted.figures)}
        keeping = insert(calibrations).values(calibration_id=new_id(at), fitted_at=at, **row)
        await self._database.write(lambda connection: connection.execute(keeping))
        self._known = None
        return fitted

    async def _rated(self) -> list[Rated]:
        up, down = count_of("up"), count_of("down")
        corrected = select(corrections.c.correction_id).where(corrections.c.exchange_id == exchanges.c.exchange_id).exists()
        judged = (
            select(exchanges.c.question, exchanges.c.evidence, up.label("up"), down.label("down"), corrected.label("corrected"))
            .where(exchanges.c.status == "answered", exchanges.c.kind.in_(("generated", "quoted")), corrected | (up != down))
            .order_by(exchanges.c.exchange_id)
        )
        async with self._database.connect() as connection:
            rows = (await connection.execute(judged)).all()
        # What an expert corrected was not right, whatever others thought of it.
        return [
            Rated(cluster_of(row.question), score_of(row.evidence), row.up > row.down and not row.corrected) for row in rows if row.evidence
        ]


def _weights() -> str:
    """Return what tells the weights apart with which scores were made."""
    constants = [OFFSET, UNREAD_OFFSET, *map(dict, (WEIGHTS, UNREAD_WEIGHTS, BY_HAND))]
    return hashlib.sha256(json.dumps(constants, sort_keys=True).encode()).hexdigest()[:16]


def _written(calibration: Calibration) -> dict[str, Any]:
    return {**asdict(calibration), "weights": _weights()}


def _read(model: Mapping[str, Any]) -> Calibration:
    return Calibration(
        model["method"],
        model["slope"],
        model["offset"],
        tuple((score, likely) for score, likely in model["steps"]),
        tuple(Cut(**cut) for cut in model["cuts"]),
    )
