"""From answers to training rows: each question as it is asked in service, with passages that answer it and others that do not."""

import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from bot.draft import NOTHING_FOUND
from bot.errors import Misconfigured
from bot.messages import Message, Passage
from bot.prompt import render_turn
from bot.texts import translate
from finetune.contexts import Contexts, Shelf
from finetune.encoding import PRACTICE
from finetune.examples import Example, question_in, settle
from finetune.practice import exercises
from finetune.recipe import Recipe, RowPlan
from finetune.repeats import digest_of
from finetune.validation import CountTokens
from store.linking import NearQuestions

_ALONE_SHARE = 1 / 4  # rows with the right passage alone: one of four, whether they are to one question or to four
_IMPORTED_SHARE = 1 / 4  # of the rows, where more are rated than may train
_VALIDATED = 5  # so many rows train for one that validates, where there are more than the recipe asks for
TRAIN, VALIDATION = "train.jsonl", "validation.jsonl"

Form = Literal["alone", "served", "shuffled", "silent", "practice"]


@dataclass(frozen=True, slots=True)
class DataSet:
    """
    The rows of a round: `train` and `validation` are JSON Lines (`validation` is None where no question validates).

    `examples` is how many answers train; `passed_over` counts rows that did not fit the recipe's block, however short.
    """

    train: Path
    validation: Path | None
    train_rows: int
    validation_rows: int
    examples: int
    passed_over: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A row before its translation: `passages` best first; `needed` is the text of the one that must stay, empty where none need."""

    example: Example
    form: Form
    passages: tuple[Passage, ...]
    needed: str
    answer: str


def build_rows(
    examples: Sequence[Example],
    *,
    recipe: Recipe,
    seed: int,
    pool: Sequence[Passage],
    folder: Path,
    count_tokens: CountTokens,
    barred: Sequence[str] = (),
) -> DataSet:
    """
    Write `train.jsonl` and `validation.jsonl` into *folder*; the same arguments give the same bytes. Call it off the event loop.

    A row is `{"messages": […], "metadata": {…}}`; earlier turns' answers have the weight 0, for nobody said that they are right. Where it
    is longer than the recipe's block, passages that do not answer go first, then the oldest turns.

    Args:
        examples: All of the round's audience, with their splits; of the test split no question stands in a row.
        recipe: Says how many rows an example gives, of which forms, and how long they may be.
        seed: Decides what is drawn and shuffled.
        pool: The company's passages that the audience may see, for more distractors.
        folder: Made where it is missing.
        count_tokens: Counts a conversation in the tokens of the model that is trained.
        barred: Questions that are not trained on, nor near-duplicates of them, besides those of the test split: golden ones.

    Raises:
        Misconfigured: The files cannot be written.
    """
    kept_out = [*barred, *(example.question for example in examples if example.split == "test")]
    held_out = NearQuestions(kept_out)
    settled = [example for example in settle(examples) if example.split != "test" and not held_out.holds(example.question)]
    train = [example for example in settled if example.split == "train"]
    validation = [example for example in settled if example.split == "validation"]
    plan = _Plan(train, recipe.rows, seed=seed, pool=pool)
    most = math.ceil(recipe.rows.most_rows / recipe.rows.contexts)
    chosen, judging = _drawn(train, most, seed=seed), _drawn(validation, math.ceil(most / _VALIDATED), seed=seed)
    fitting = _Fitting(count_tokens, recipe.block_tokens)
    unseen = NearQuestions([*kept_out, *(example.question for example in validation)])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taught = chain(_practice(train, recipe.rows, seed=seed), plan.rows(chosen))
        train_rows = _write(folder / TRAIN, fitting.lines(taught, barred=unseen))
        validation_rows = _write(folder / VALIDATION, fitting.lines(plan.rows(judging), barred=held_out))
        if not validation_rows:
            (folder / VALIDATION).unlink()
    except OSError as error:
        detail = f"the rows cannot be written to {folder} ({error.strerror}): free space there or correct its rights"
        raise Misconfigured(detail) from error
    return DataSet(
        train=folder / TRAIN,
        validation=folder / VALIDATION if validation_rows else None,
        train_rows=train_rows,
        validation_rows=validation_rows,
        examples=len(chosen),
        passed_over=fitting.passed_over,
    )


class _Plan:
    """Which rows an example gives."""

    def __init__(self, train: Sequence[Example], plan: RowPlan, *, seed: int, pool: Sequence[Passage]) -> None:
        self._plan = plan
        self._seed = seed
        self._asked: dict[str, list[str]] = {}
        for example in train:
            self._asked.setdefault(example.answer, []).append(example.question)
        corrections = [self._own(example) for example in train if example.corrected]
        self._shelf = Shelf([*(passage for example in train for passage in example.passages), *corrections, *pool])
        self._contexts = Contexts(self._shelf, distractors=plan.distractors)
        self._alone = _Share(_ALONE_SHARE, due=1 - _ALONE_SHARE)  # the first row is one
        self._served = _Share(plan.served_order_share)
        self._silent = _Share(plan.decline_share)

    def rows(self, examples: Iterable[Example]) -> Iterator[_Row]:
        """Yield the rows of *examples*, in their order; some may be alike."""
        for example in examples:
            yield from self._rows_of(example)

    def _rows_of(self, example: Example) -> Iterator[_Row]:
        rng = random.Random(f"{self._seed} {example.exchange_id}")  # a row is drawn alike whatever other examples there are
        if example.declines:
            if self._plan.decline_share:
                yield self._silence(example, self._own(example), rng)
            return
        example = self._seen(example)
        gold = self._shelf.answering(example.question, example.answer, example.passages) or self._own(example)
        for _ in range(self._plan.contexts):
            yield self._speech(example, gold, rng)
            if self._silent.next():
                yield self._silence(example, gold, rng)

    def _seen(self, example: Example) -> Example:
        """Return an imported example with the passages that would be found for it; of others what was found is known."""
        if not example.is_imported:
            return example
        return replace(example, passages=self._shelf.near(example.question, limit=self._plan.distractors + 1))

    def _speech(self, example: Example, gold: Passage, rng: random.Random) -> _Row:
        if self._alone.next():
            return _Row(example, "alone", (gold,), gold.text, example.answer)
        if self._served.next():
            return _Row(example, "served", self._contexts.served(example.question, gold, example.passages), gold.text, example.answer)
        return _Row(example, "shuffled", self._contexts.shuffled(gold, example.passages, rng), gold.text, example.answer)

    def _silence(self, example: Example, gold: Passage, rng: random.Random) -> _Row:
        passages = self._contexts.silent(example.question, example.answer, gold, example.passages, rng)
        return _Row(example, "silent", passages, "", translate(example.language, NOTHING_FOUND))

    def _own(self, example: Example) -> Passage:
        """Return the answer as the passage that it is in service, under another question that it answers where one is known."""
        others = (question for question in self._asked.get(example.answer, ()) if question != example.question)
        heading = next(others, example.question)
        return Passage(f"answer:{example.exchange_id}", "", "", heading, example.answer, example.audience, example.language)


def _drawn(examples: Sequence[Example], most: int, *, seed: int) -> Sequence[Example]:
    """
    Return at most *most* of *examples*, in their order; all of them where *most* is 0.

    Of imported ones there are as many as leave room, but a quarter where there are so many: nobody judged them, yet they were chosen.
    """
    if not most or len(examples) <= most:
        return examples
    rng = random.Random(f"{seed} rows")
    own, imported = ([at for at, each in enumerate(examples) if each.is_imported is which] for which in (False, True))
    room = max(most - len(own), min(len(imported), round(_IMPORTED_SHARE * most)))
    chosen = rng.sample(own, min(len(own), most - room)) + rng.sample(imported, room)
    return [examples[at] for at in sorted(chosen)]


def _practice(train: Sequence[Example], plan: RowPlan, *, seed: int) -> Iterator[_Row]:
    """Yield made-up rows in the languages of *train*, under its system text; none without any."""
    system = train[0].system if train else ""
    languages = Counter(example.language for example in train)
    endless = exercises(seed, languages=languages, distractors=plan.distractors)
    for at, exercise in enumerate(islice(endless, plan.practice_rows if train else 0)):
        example = Example(
            exchange_id=f"practice:{at}",
            line=0,
            question=exercise.question,
            answer=exercise.answer,
            system=system,
            history=(),
            passages=exercise.passages,
            audience="all",
            language=exercise.language,
            up=0,
            down=0,
            corrected=False,
        )
        yield _Row(example, PRACTICE, exercise.passages, exercise.answer, exercise.answer)


class _Share:
    """Says yes to a share of its calls, evenly spread."""

    def __init__(self, share: float, *, due: float = 0.0) -> None:
        self._share = share
        self._due = due

    def next(self) -> bool:
        self._due += self._share
        if self._due < 1 - 1e-9:
            return False
        self._due -= 1
        return True


class _Fitting:
    """Rows as lines that fit a block, each once; of those written it keeps a hash."""

    def __init__(self, count_tokens: CountTokens, limit_tokens: int) -> None:
        self._count_tokens = count_tokens
        self._limit_tokens = limit_tokens
        self._told: set[bytes] = set()
        self.passed_over = 0

    def lines(self, rows: Iterable[_Row], *, barred: NearQuestions) -> Iterator[str]:
        """Yield the lines of those that fit, without the earlier turns that ask what is *barred*."""
        for row in rows:
            history = _without(row.example.history, barred)
            messages = next((each for each in _shorter(row, history) if self._count_tokens(each) <= self._limit_tokens), None)
            if messages is None:
                self.passed_over += 1
            elif (key := digest_of(messages)) not in self._told:
                self._told.add(key)
                yield _line(messages, row)


def _without(history: tuple[Message, ...], barred: NearQuestions) -> tuple[Message, ...]:
    turns = zip(history[::2], history[1::2], strict=True)
    kept = [turn for turn in turns if not barred.holds(question_in(turn[0].content))]
    return tuple(message for turn in kept for message in turn)


def _shorter(row: _Row, history: tuple[Message, ...]) -> Iterator[tuple[Message, ...]]:
    """Yield the row's messages, whole first, then ever shorter."""
    system = (Message("system", row.example.system),) if row.example.system else ()
    passages = list(row.passages)
    answer = Message("assistant", row.answer)
    while True:
        yield (*system, *history, Message("user", render_turn(passages, row.example.question)), answer)
        spare = next((at for at in reversed(range(len(passages))) if passages[at].text != row.needed), None)
        if spare is not None and len(passages) > 1:
            del passages[spare]
        elif history:
            history = history[2:]
        else:
            return


def _line(messages: tuple[Message, ...], row: _Row) -> str:
    written: list[dict[str, Any]] = [{"role": message.role, "content": message.content} for message in messages]
    for message in written[:-1]:
        if message["role"] == "assistant":
            message["weight"] = 0
    example = row.example
    metadata = {
        "exchange_id": example.exchange_id,
        "question": example.question,
        "cluster": example.cluster,
        "audience": example.audience,
        "language": example.language,
        "form": row.form,
        **({"origin": dict(example.origin)} if example.is_imported else {}),
    }
    return json.dumps({"messages": written, "metadata": metadata}, ensure_ascii=False) + "\n"


def _write(path: Path, lines: Iterable[str]) -> int:
    """Write *lines*, whole or not at all; return how many there were."""
    draft = path.with_name(f".{path.name}.draft")
    count = 0
    try:
        with draft.open("w", encoding="utf-8", newline="\n") as file:
            for line in lines:
                file.write(line)
                count += 1
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return count
