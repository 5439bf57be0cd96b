"""`aprendiz similar`: what is said more than once, in the knowledge, in files, or by those who ask."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from adapters.cli.ask import write_batch
from adapters.cli.session import NumberRange, Session, audience_option, batch_option, json_option, pass_session, scopes_option
from adapters.cli.unasked import unasked
from adapters.cli.wording import shortened
from adapters.json_fields import hit_fields
from bot.errors import Refused
from bot.messages import Audience, Passage, Viewer
from bot.texts import N_, translate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from adapters.cli.output import Output
    from adapters.compose import Records
    from store.similar import Group, GroupKind, Similar

    Opening = AbstractAsyncContextManager[Records]

_QUESTIONS = 50_000  # the newest ones
_SHOWN_MEMBERS = 10
_SHOWN_NUMBERS = 6
_SHOWN_CHARACTERS = 240


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asks for."""

    files: tuple[Path, ...]
    questions: bool
    audience: Audience
    scopes: tuple[str, ...]
    threshold: float
    limit: int

    @property
    def viewer(self) -> Viewer:
        """Who looks."""
        return Viewer(self.audience, self.scopes)


@dataclass(frozen=True, slots=True)
class _Compared:
    """What is compared: `said` are the words of each passage, `documents` name where each stands."""

    passages: Sequence[Passage]
    said: Sequence[str]
    documents: Sequence[str]


@click.command("similar", short_help="Find what is said more than once.")
@click.argument("files", nargs=-1, metavar="[FILE]…", type=click.Path(exists=True, path_type=Path))
@click.option("--questions", is_flag=True, help="Compare what people asked, in place of documents.")
@click.option(
    "--threshold",
    type=NumberRange(0.5, 1.0),
    default=0.9,
    show_default=True,
    help="Similarity (cosine) from which two texts say the same.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Show at most this many groups.")
@audience_option
@scopes_option
@json_option
@batch_option("text")
@pass_session
def command(session: Session, /, as_json: bool, batch: IO[bytes] | None, **chosen: Any) -> None:
    """
    Find near-duplicates, and documents that hold little but what others hold.

    Looks at the whole knowledge that an audience sees (employees unless told otherwise), or at the FILEs and folders named, which need not
    be imported, or with --questions at what was asked. With --batch it finds what the knowledge says that is like each line's text.
    """
    wish = _Wish(**chosen | {"audience": chosen["audience"] or "employees", "scopes": session.scopes(chosen["scopes"])})
    if sum((bool(wish.files), wish.questions, batch is not None)) > 1:
        raise click.UsageError("Give FILEs, --questions or --batch FILE, one of the three.")
    output = session.output(as_json=as_json or batch is not None)
    if batch:
        asyncio.run(_write_batch(session.records(), batch, wish, output))
        return
    compared, found = asyncio.run(_find(session.records(), wish, output))
    if as_json:
        output.emit(_fields(wish, compared, found))
    else:
        _write(wish, compared, found, output)


async def _find(opening: "Opening", wish: _Wish, output: "Output") -> tuple[_Compared, "Similar"]:
    from store.similar import Texts, find_similar

    async with opening as records:
        compared = await _read(records, wish, output)
        vectors = await _encode(records, compared, output)
    subjects = [] if wish.questions else [_subject(each) for each in compared.passages]
    texts = Texts(compared.said, vectors, [each.language for each in compared.passages], compared.documents, subjects)
    with output.progress(N_("Comparing them")) as progress:
        return compared, await asyncio.to_thread(find_similar, texts, threshold=wish.threshold, progress=progress)


async def _read(records: "Records", wish: _Wish, output: "Output") -> _Compared:
    """
    Return what is to be compared.

    Raises:
        Refused: There is nothing.
    """
    if wish.questions:
        return await _asked(records, wish, output)
    return await (_files(records, wish, output) if wish.files else _knowledge(records, wish, output))


async def _asked(records: "Records", wish: _Wish, output: "Output") -> _Compared:
    from store.asked import asked_questions

    asked = await asked_questions(records.database, wish.viewer, limit=_QUESTIONS)
    if not asked:
        raise await unasked(records.database, wish.audience, output.language)
    passages = [Passage(each.exchange_id, "", "", "", each.question, wish.audience, each.language) for each in asked]
    return _Compared(passages, [each.question for each in asked], [""] * len(asked))


async def _files(records: "Records", wish: _Wish, output: "Output") -> _Compared:
    from store.unimported import read_files

    limit_mb = records.settings.knowledge.max_file_mb
    reading = await asyncio.to_thread(read_files, wish.files, audience=wish.audience, max_file_mb=limit_mb)
    for error in reading.unreadable:
        problem = translate(output.language, error.problem, **error.values)
        output.note(N_("{name}: {problem}"), name=error.name, problem=problem)
    if not reading.candidates:
        raise Refused(translate(output.language, "None of these documents could be read."))
    passages = [each.passage for each in reading.candidates]
    return _Compared(passages, [_said(each.question, each.passage) for each in reading.candidates], [each.source for each in passages])


async def _knowledge(records: "Records", wish: _Wish, output: "Output") -> _Compared:
    from store.candidates import read_candidates, source_of

    candidates = [each for each in await read_candidates(records.database, wish.viewer) if each.kind == "passages"]
    if not candidates:
        raise Refused(
            translate(output.language, "There are no documents for {audience} yet: aprendiz knowledge add PATH…", audience=wish.audience)
        )
    known = await records.knowledge.list()
    shown = [each.shown for each in known]
    # Two folders may each hold a file of one name: only then the whole path is needed to tell them apart.
    names = {each.source_id: each.location if shown.count(each.shown) > 1 else each.shown for each in known}
    passages = [replace(each.passage, source=names[source_of(each.passage)]) for each in candidates]
    return _Compared(passages, [_said(each.question, each.passage) for each in candidates], [each.source for each in passages])


def _said(question: str, passage: Passage) -> str:
    """Return the words of a passage without its title, which makes all of a document alike."""
    return f"{question}\n{passage.text}" if question else passage.text


def _subject(passage: Passage) -> str:
    """Return what a passage stands under: its heading, or the title of its document, if that is more than the file's name."""
    from store.lexical import fold

    if passage.heading:
        return passage.heading.rsplit(" > ", 1)[-1]
    return "" if fold(passage.title) == fold(Path(passage.source).stem) else passage.title


async def _encode(records: "Records", compared: _Compared, output: "Output") -> "NDArray[np.float32]":
    from store.embeddings import encode_all

    with output.progress(N_("Reading texts: {count}"), count=len(compared.said)) as progress:
        return await encode_all(records.encoder, [(text,) for text in compared.said], progress=progress)


async def _write_batch(opening: "Opening", batch: IO[bytes], wish: _Wish, output: "Output") -> None:
    """Write for each line's text which passages say the same, most similar first."""
    from store.near_pairs import nearest

    async with opening as records:
        compared = await _read(records, wish, output)
        vectors = await _encode(records, compared, output)

        async def work(text: str) -> dict[str, Any]:
            (vector,) = await records.encoder.encode([text])
            found = await asyncio.to_thread(nearest, vector, vectors, threshold=wish.threshold, limit=wish.limit)
            return {"text": text, "hits": [hit_fields(replace(compared.passages[row], score=similarity)) for row, similarity in found]}

        await write_batch(batch, "text", work, output)


def _fields(wish: _Wish, compared: _Compared, found: "Similar") -> dict[str, Any]:
    return {
        "audience": wish.audience,
        "threshold": wish.threshold,
        "texts": len(compared.said),
        "documents": [
            {
                "source": each.document,
                "share": round(each.share, 3),
                "others": [{"source": name, "share": round(share, 3)} for name, share in each.others],
            }
            for each in found.documents
        ],
        "groups_found": len(found.groups),
        "groups": [
            {"kind": group.kind, "similarity": round(group.similarity, 4), "members": _members(group, compared)}
            for group in found.groups[: wish.limit]
        ],
    }


def _members(group: "Group", compared: _Compared) -> list[dict[str, Any]]:
    """Return the members with what they share with the nearest one, meaning and words, and the numbers that it does not hold."""
    from store.distances import jaccard

    members = []
    for member in group.members:
        passage = compared.passages[member.row]
        said, nearest = compared.said[member.row], compared.said[member.nearest]
        words = 1.0 - jaccard([said], [nearest])[0, 0]
        where = {"id": passage.passage_id, "source": passage.source, "title": passage.title, "heading": passage.heading}
        measured = {"similarity": round(member.similarity, 4), "words": round(float(words), 4)}
        members.append(
            {
                **where,
                "row": passage.row,
                "page": passage.page,
                "text": said,
                **measured,
                "numbers": _own_numbers(group.kind, said, nearest),
            }
        )
    return members


def _own_numbers(kind: "GroupKind", said: str, nearest: str) -> list[str]:
    """Return the numbers and codes of *said* that *nearest* does not hold, as they are written; none where both say the same."""
    from store.lexical import numbers_of, words_of
    from store.substance import signed_figures

    if kind != "numbers":
        return []
    signed, others = ({"".join(figure) for figure in signed_figures(text)} for text in (said, nearest))
    plain = numbers_of(words_of(said)) - numbers_of(words_of(nearest))
    return sorted(plain or signed - others)


def _write(wish: _Wish, compared: _Compared, found: "Similar", output: "Output") -> None:
    if found.documents:
        rows = [
            (each.document, f"{each.share:.0%}", ", ".join(f"{name} ({share:.0%})" for name, share in each.others))
            for each in found.documents
        ]
        output.table((N_("Document"), N_("Said elsewhere"), N_("Where")), rows)
        output.say(N_("Of documents that say the same keep one: each is named here because of the other."))
        output.piece("\n")
    for group in found.groups[: wish.limit]:
        _write_group(group, compared, output)
    output.say(
        N_("Texts compared: {texts}; groups of near-duplicates: {groups}; documents that are said elsewhere: {documents}."),
        texts=len(compared.said),
        groups=len(found.groups),
        documents=len(found.documents),
    )
    if len(found.groups) > wish.limit:
        output.say(N_("Groups shown: {shown} of {count}; --limit shows more."), shown=wish.limit, count=len(found.groups))


def _write_group(group: "Group", compared: _Compared, output: "Output") -> None:
    headings: dict[GroupKind, str] = {
        "same": N_("{count} say the same ({similarity})"),
        "words": N_("{count} are alike but for a word or a heading that tells otherwise ({similarity})"),
        "numbers": N_("{count} are alike but for numbers, codes or days ({similarity})"),
        "translated": N_("{count} say it in two languages ({similarity})"),
    }
    output.say(headings[group.kind], style="bold", count=len(group.members), similarity=f"{group.similarity:.2f}")
    for member in group.members[:_SHOWN_MEMBERS]:
        passage = compared.passages[member.row]
        source = passage.source.removesuffix(f": {passage.heading}")  # an approved answer's, which is named by its question
        where = " › ".join(filter(None, (source, passage.heading))) or passage.passage_id
        output.piece(f"  {member.similarity:.2f}  ", style="dim")
        output.piece(where + (f" #{passage.row}" if passage.row else ""), style="cyan")
        output.piece(
            "".join(
                f"  {each}" for each in _own_numbers(group.kind, compared.said[member.row], compared.said[member.nearest])[:_SHOWN_NUMBERS]
            )
        )
        output.piece(f"\n        {shortened(passage.text, _SHOWN_CHARACTERS)}\n")
    if len(group.members) > _SHOWN_MEMBERS:
        output.say(N_("… and {count} more"), style="dim", count=len(group.members) - _SHOWN_MEMBERS)
    output.piece("\n")
