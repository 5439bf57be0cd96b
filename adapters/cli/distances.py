"""`aprendiz knowledge search --distance` and `--compare`: every passage measured by one distance, or by each in turn."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from adapters.cli.ask import write_batch
from adapters.cli.assistant import catch_up
from adapters.json_fields import hit_fields
from bot.errors import EmptyQuestion, Refused
from bot.messages import Passage, Viewer
from bot.texts import N_, translate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from adapters.cli.output import Output
    from adapters.compose import Indexed, Records
    from bot.index_ports import Encoder
    from store.candidates import Candidate
    from store.comparing import Measured
    from store.distances import DistanceName, Embedded
    from store.labelled import Labelled

DISTANCES = ("cosine", "l2", "l1", "inner_product", "hamming", "jaccard")  # store.distances has them; loading it takes numpy
_NAMED_LINES = 5
_Comparison = tuple[list["Labelled"], list["Labelled"], list["Labelled"], list["Measured"]]


@dataclass(frozen=True, slots=True)
class _Knowledge:
    """All that a viewer sees, with its meanings, and what encodes a question."""

    candidates: Sequence["Candidate"]
    embedded: "Embedded"
    encoder: "Encoder"


class Measuring:
    """A search by distance alone, for a viewer: every passage is measured, nothing is left to an index."""

    def __init__(self, opening: AbstractAsyncContextManager["Records"], viewer: Viewer, output: "Output") -> None:
        """Look at what *viewer* sees; where *opening* gives the index, too, the passages' meanings are taken from there."""
        self._opening = opening
        self._viewer = viewer
        self._output = output

    async def one(self, query: str, name: "DistanceName", *, limit: int) -> list[tuple[Passage, float]]:
        """Return the passages nearest to *query*, with their distance."""
        async with self._open() as knowledge:
            return await _nearest(query, name, knowledge, limit)

    async def write_all(self, batch: IO[bytes], name: "DistanceName", *, limit: int) -> None:
        """Write what is nearest to each line of *batch*."""
        async with self._open() as knowledge:

            async def work(query: str) -> dict[str, Any]:
                return found_fields(query, name, await _nearest(query, name, knowledge, limit))

            await write_batch(batch, "query", work, self._output)

    async def compare(self, labelled: Path) -> "_Comparison":
        """
        Measure every distance on the questions of a file.

        Returns:
            The questions that were measured, those that were left out because no passage is as expected, or because every one is, and the
            distances, best first.

        Raises:
            BadRequest: The file is wrong.
            Refused: No question of it has both a right and a wrong passage.
        """
        from store.comparing import Expectations, compare
        from store.distances import Embedded
        from store.labelled import EXPECT, read_labelled

        questions = await asyncio.to_thread(read_labelled, labelled, EXPECT)
        async with self._open() as knowledge:
            expectations = await asyncio.to_thread(Expectations, knowledge.candidates)
            right = await asyncio.to_thread(lambda: [expectations.rows(each.label) for each in questions])
            every = len(knowledge.candidates)
            pairs = list(zip(questions, right, strict=True))
            asked, sought = [each for each, rows in pairs if 0 < len(rows) < every], [rows for rows in right if 0 < len(rows) < every]
            unmatched, undivided = ([each for each, rows in pairs if len(rows) == count] for count in (0, every))
            if not asked:
                raise Refused(self._nothing(labelled, unmatched, undivided))
            texts = [each.question for each in asked]
            embedded = Embedded(texts, await knowledge.encoder.encode(texts))
        with self._output.progress(N_("Measuring the distances")) as progress:
            measured = await asyncio.to_thread(compare, embedded, knowledge.embedded, sought, progress=progress)
        return asked, unmatched, undivided, measured

    def _nothing(self, path: Path, unmatched: Sequence["Labelled"], undivided: Sequence["Labelled"]) -> str:
        """Return why no question of *path* can be measured."""
        if undivided:
            text = N_("Every passage that {audience} see is what {path} expects: without a wrong one no distance is better than another.")
        elif len(unmatched) == 1:
            text = N_("No document that {audience} see is called or says what {path} expects.")
        else:
            text = N_("No document that {audience} see is called or says what {path} expects (lines {lines}).")
        lines = [str(each.line) for each in unmatched]
        named = ", ".join(lines[:_NAMED_LINES]) + (", …" if len(lines) > _NAMED_LINES else "")
        return translate(self._output.language, text, audience=self._viewer.audience, path=path, lines=named)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[_Knowledge]:
        from store.candidates import read_candidates
        from store.distances import Embedded

        async with self._opening as records:
            candidates = await read_candidates(records.database, self._viewer)
            if not candidates:
                raise Refused(
                    translate(
                        self._output.language,
                        "There are no documents for {audience} yet: aprendiz knowledge add PATH…",
                        audience=self._viewer.audience,
                    )
                )
            vectors = await self._vectors(candidates, records)
            yield _Knowledge(candidates, Embedded([each.searched for each in candidates], vectors), records.encoder)

    async def _vectors(self, candidates: Sequence["Candidate"], records: "Records") -> "NDArray[np.float32]":
        """Return the candidates' meanings: the index's, and for what is not there new ones."""
        import numpy as np

        from adapters.compose import Indexed
        from store.embeddings import encode_all

        known = await self._indexed_vectors(candidates, records) if isinstance(records, Indexed) else {}
        missing = [each for each in candidates if each.passage.passage_id not in known]
        if missing:
            with self._output.progress(N_("Reading texts: {count}"), count=len(missing)) as progress:
                new = await encode_all(records.encoder, [each.embedded for each in missing], progress=progress)
            known = {**known, **{each.passage.passage_id: row for each, row in zip(missing, new, strict=True)}}
        return np.stack([known[each.passage.passage_id] for each in candidates])

    async def _indexed_vectors(self, candidates: Sequence["Candidate"], indexed: "Indexed") -> Mapping[str, "NDArray[np.float32]"]:
        from store.candidates import KINDS, visible_to

        await catch_up(indexed.outbox)
        vectors: dict[str, NDArray[np.float32]] = {}
        for kind in KINDS:
            ids = [each.passage.passage_id for each in candidates if each.kind == kind]
            for reach in visible_to(self._viewer):
                vectors |= {entry.entry_id: entry.vector for entry in await indexed.index.fetch(kind, reach, ids)}
        return vectors


async def _nearest(query: str, name: "DistanceName", knowledge: _Knowledge, limit: int) -> list[tuple[Passage, float]]:
    """
    Return the passages nearest to *query*, with their distance.

    Raises:
        EmptyQuestion: There is nothing to be near to.
    """
    from store.comparing import nearest_by
    from store.distances import Embedded

    if not query.strip():
        raise EmptyQuestion
    asked = Embedded([query], await knowledge.encoder.encode([query]))
    found = await asyncio.to_thread(nearest_by, name, asked, knowledge.embedded, limit=limit)
    return [(knowledge.candidates[row].passage, distance) for row, distance in found]


def found_fields(query: str, name: "DistanceName", found: Sequence[tuple[Passage, float]]) -> dict[str, Any]:
    """Return what a search found; a hit has its `distance` in place of a score, smaller is nearer."""
    hits = []
    for passage, distance in found:
        fields = hit_fields(passage)
        del fields["score"]
        hits.append(fields | {"distance": round(distance, 6)})
    return {"query": query, "distance": name, "hits": hits}


def write_comparison(
    asked: Sequence["Labelled"],
    unmatched: Sequence["Labelled"],
    undivided: Sequence["Labelled"],
    measured: Sequence["Measured"],
    output: "Output",
) -> None:
    """Write how well each distance does, which is best, and whether that may be chance."""
    from store.comparing import best_of, is_decided, lead_of

    for each in unmatched:
        output.note(N_("Line {line}: nothing is called or says “{expected}”; left out."), line=each.line, expected=each.label)
    for each in undivided:
        output.note(N_("Line {line}: every passage is “{expected}”, so none is wrong; left out."), line=each.line, expected=each.label)
    best, lead = best_of(measured), lead_of(measured)
    decided = is_decided(measured, lead)
    if output.as_json:
        rows = [{"name": each.name, "hit1": each.hit1, "hit5": each.hit5, "auc": each.auc} for each in measured]
        output.emit(
            {
                "questions": len(asked),
                "left_out": sorted(each.line for each in (*unmatched, *undivided)),
                "distances": rows,
                "best": list(best),
                "lead": None if lead is None else {"over": lead[0], "share": lead[1]},
                "decided": decided,
            }
        )
        return
    table = [(each.name, f"{each.hit1:.3f}", f"{each.hit5:.3f}", f"{each.auc:.3f}") for each in measured]
    output.table((N_("Distance"), N_("Right first"), N_("Right in five"), N_("AUC")), table)
    output.say(
        N_("Best at parting right from wrong: {best} (AUC {auc}; questions: {questions})."),
        style="green",
        best=", ".join(best),
        auc=f"{measured[0].auc:.3f}",
        questions=len(asked),
    )
    if lead:
        following, share = lead
        output.say(
            N_("It is ahead of {following} in {share} of 1,000 resamplings of the questions."), following=following, share=f"{share:.0%}"
        )
    if not decided:
        output.say(
            N_("The order may be chance: more questions, twenty or above, can decide between distances that do about equally well."),
            style="yellow",
        )
