"""`aprendiz classify`: questions into categories of the operator's, learnt from a few examples of each."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from adapters.cli.ask import write_batch
from adapters.cli.session import NumberRange, Session, audience_option, batch_option, json_option, pass_session, scopes_option
from adapters.cli.unasked import unasked
from adapters.cli.wording import shortened
from bot.errors import BadRequest, EmptyQuestion
from bot.messages import Audience, Viewer
from bot.texts import N_, translate

if TYPE_CHECKING:
    from adapters.cli.output import Output
    from adapters.compose import Records
    from bot.index_ports import Encoder
    from store.classes import Classifier, Sorted
    from store.confusion import Confusion, Row
    from store.labelled import Labelled

    Opening = AbstractAsyncContextManager[Records]


_SHOWN_CHARACTERS = 240


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asks for."""

    questions: Path | None
    examples: Path
    check: bool
    minimum: float
    limit: int
    audience: Audience
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Result:
    """
    The questions with where they belong.

    `left_out` says how the examples are sorted by the others, `check` how the questions' categories compare (None: nothing was expected).
    """

    left_out: "Confusion"
    questions: Sequence["Labelled"]
    found: Sequence["Sorted"]
    check: "Confusion | None"


@click.command("classify", short_help="Sort questions into your categories.")
@click.argument("questions", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--examples",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help='Examples of each category: JSON Lines ({"question": …, "category": …}) or CSV with these columns.',
)
@click.option("--check", is_flag=True, help="Compare with the categories in QUESTIONS; without QUESTIONS, the examples with each other.")
@click.option(
    "--minimum",
    type=NumberRange(0.0, 1.0),
    default=0.5,
    show_default=True,
    help="Confidence below which a question is left as unsure.",
)
@click.option("--limit", type=click.IntRange(1, 50_000), default=1000, show_default=True, help="Of what was asked, the newest so many.")
@audience_option
@scopes_option
@json_option
@batch_option("question")
@pass_session
def command(session: Session, /, as_json: bool, batch: IO[bytes] | None, **chosen: Any) -> None:
    """
    Sort the QUESTIONS of a file (JSON Lines, CSV, or text with a question a line) into categories.

    Without QUESTIONS it sorts what people of an audience asked (employees unless told otherwise). Two or more examples of each category are
    needed, five or more are better; what is far from all of them is left as unsure.
    """
    wish = _Wish(**chosen | {"audience": chosen["audience"] or "employees", "scopes": session.scopes(chosen["scopes"])})
    if batch is not None and (wish.questions or wish.check):
        raise click.UsageError("--batch FILE stands alone: give no QUESTIONS and no --check with it.")
    output = session.output(as_json=as_json or batch is not None)
    if batch:
        asyncio.run(_write_batch(session.records(), batch, wish, output))
        return
    classifier, result = asyncio.run(_classify(session.records(), wish, output))
    if as_json:
        _emit(classifier, result, output)
    else:
        _write(classifier, result, output)


async def _classify(opening: "Opening", wish: _Wish, output: "Output") -> tuple["Classifier", _Result]:
    from store.confusion import confusion
    from store.embeddings import encode_all

    examples = await _examples(wish)
    async with opening as records:
        questions = await _questions(wish, {each.label for each in examples}, records, output)
        classifier = await _learn(examples, wish, records.encoder)
        left_out = confusion(classifier.sorting.names, [each.label for each in examples], classifier.left_out)
        if not questions:
            return classifier, _Result(left_out, (), (), left_out)
        with output.progress(N_("Reading texts: {count}"), count=len(questions)) as progress:
            vectors = await encode_all(records.encoder, [(each.question,) for each in questions], progress=progress)
    found = await asyncio.to_thread(classifier.sort, vectors)
    expected = [each.label for each in questions]
    check = confusion(classifier.sorting.names, expected, found) if wish.check else None
    return classifier, _Result(left_out, questions, found, check)


async def _examples(wish: _Wish) -> Sequence["Labelled"]:
    """
    Return the examples, before anything slow is opened.

    Raises:
        BadRequest: The file is wrong, or there are too few.
    """
    from store.classes import refuse_too_few
    from store.labelled import read_examples

    examples = await asyncio.to_thread(read_examples, wish.examples)
    refuse_too_few([each.label for each in examples], places=[(wish.examples, each.line) for each in examples])
    return examples


async def _learn(examples: Sequence["Labelled"], wish: _Wish, encoder: "Encoder") -> "Classifier":
    from store.classes import Classifier

    vectors = await encoder.encode([each.question for each in examples])
    return await asyncio.to_thread(Classifier, vectors, [each.label for each in examples], minimum=wish.minimum)


async def _questions(wish: _Wish, known: set[str], records: "Records", output: "Output") -> Sequence["Labelled"]:
    """
    Return what is to be sorted; nothing where the examples alone are checked.

    Raises:
        BadRequest: The file of questions is wrong, or names a category without an example.
        Refused: The audience asked nothing yet.
    """
    from store.asked import asked_questions
    from store.labelled import CATEGORY, Labelled, read_labelled, read_questions

    if wish.questions and wish.check:
        questions = await asyncio.to_thread(read_labelled, wish.questions, CATEGORY)
        unknown = next((each for each in questions if each.label not in known), None)
        if unknown:
            text = N_("{path}, line {line}: {examples} has no example of {category!r}: add some")
            raise BadRequest.told(text, path=wish.questions, line=unknown.line, examples=wish.examples, category=unknown.label)
        return questions
    if wish.questions:
        return await asyncio.to_thread(read_questions, wish.questions)
    if wish.check:
        return ()
    asked = await asked_questions(records.database, Viewer(wish.audience, wish.scopes), limit=wish.limit)
    if not asked:
        raise await unasked(records.database, wish.audience, output.language)
    return [Labelled(each.question, "", 0) for each in asked]


async def _write_batch(opening: "Opening", batch: IO[bytes], wish: _Wish, output: "Output") -> None:
    examples = await _examples(wish)
    async with opening as records:
        classifier = await _learn(examples, wish, records.encoder)

        async def work(question: str) -> dict[str, Any]:
            if not question.strip():
                raise EmptyQuestion
            (found,) = await asyncio.to_thread(classifier.sort, await records.encoder.encode([question]))
            return _fields(question, found)

        await write_batch(batch, "question", work, output)


def _emit(classifier: "Classifier", result: _Result, output: "Output") -> None:
    """Write a line for each question, and last, where anything was checked, a line for that."""
    for question, found in zip(result.questions, result.found, strict=True):
        expected = {"expected": question.label} if result.check else {}
        output.emit(_fields(question.question, found) | expected)
    if result.check:
        output.emit({"check": result.check.to_json() | {"left_one_out": not result.questions, "nearest": classifier.sorting.nearest}})


def _fields(question: str, found: "Sorted") -> dict[str, Any]:
    category = found.category if found.sure else None
    return {"question": question, "category": category, "nearest": found.category, "confidence": round(found.confidence, 4)}


def _write(classifier: "Classifier", result: _Result, output: "Output") -> None:
    unsure = translate(output.language, "unsure")
    if result.questions:
        rows = [
            (
                shortened(question.question, _SHOWN_CHARACTERS),
                found.category if found.sure else f"{unsure} ({found.category}?)",
                f"{found.confidence:.2f}",
            )
            for question, found in zip(result.questions, result.found, strict=True)
        ]
        output.table((N_("Question"), N_("Category"), N_("Confidence")), rows)
        output.piece("\n")
        counts = Counter(found.category for found in result.found if found.sure)
        left = len(result.found) - counts.total()
        # In parentheses, because a category may be called that, too.
        output.table((N_("Category"), N_("Questions")), [*counts.most_common(), *([(f"({unsure})", left)] if left else [])])
        output.piece("\n")
    if result.check:
        _write_confusion(result.check, output)
    nearest = classifier.sorting.nearest
    if nearest == 1:
        output.say(N_("Sorted by the nearest example of each category, which did best when each example was left out."))
    elif nearest:
        output.say(
            N_("Sorted by the {count} nearest examples of each category, which did best when each example was left out."), count=nearest
        )
    else:
        output.say(N_("Sorted by the mean of each category's examples, which did best when each example was left out."))
    if result.questions:
        output.say(
            N_("Of the {examples} examples the others sort {right} rightly and leave {unsure} as unsure."),
            examples=result.left_out.questions,
            right=result.left_out.right,
            unsure=result.left_out.unsure,
        )


def _write_confusion(found: "Confusion", output: "Output") -> None:
    """Write a row for each category and a numbered column for what its questions were taken for."""

    def row(number: int, each: "Row") -> tuple[object, ...]:
        return (f"{number} {each.category}", *(count or "·" for count in each.taken), *_ending(each))

    numbers = [str(number) for number in range(1, len(found.rows) + 1)]
    headings = (N_("Expected"), *numbers, N_("Unsure"), N_("Accuracy"))
    rows = [row(number, each) for number, each in enumerate(found.rows, 1)]
    if output.fits(headings, rows):
        output.table(headings, rows)
    else:
        _write_mistakes(found, output)
    output.say(
        N_("{right} of {questions} right ({share}), {unsure} left as unsure."),
        right=found.right,
        questions=found.questions,
        share=f"{found.right / found.questions:.0%}",
        unsure=found.unsure,
    )


def _write_mistakes(found: "Confusion", output: "Output") -> None:
    """Write, where there are more categories than a line has room for, a row for each and then what was taken for what."""
    output.table(
        (N_("Expected"), N_("Questions"), N_("Unsure"), N_("Accuracy")),
        [(each.category, each.questions, *_ending(each)) for each in found.rows],
    )
    output.piece("\n")
    for each in found.rows:
        for other, count in zip(found.rows, each.taken, strict=True):
            if count and other is not each:
                output.piece(f"{each.category} → {other.category}: {count}\n")


def _ending(row: "Row") -> tuple[object, str]:
    """Return how many are unsure, and the share that is right."""
    return row.unsure or "·", "–" if row.accuracy is None else f"{row.accuracy:.0%}"
