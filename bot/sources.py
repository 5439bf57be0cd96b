"""Which of the passages that an answer rests on are shown beneath it."""

from bot.messages import AnswerKind, Passage, Source


def sources_of(kind: AnswerKind, passages: tuple[Passage, ...]) -> tuple[Source, ...]:
    """Return each source once, with the best of its passages; a quotation has one, an approved answer and none at all have none."""
    if kind in ("verified", "declined"):
        return ()
    used = passages[:1] if kind == "quoted" else passages
    first = {passage.source: passage for passage in reversed(used)}
    return tuple(
        Source(passage.title, passage.source, passage.passage_id, passage.score, passage.text)
        for passage in used
        if first[passage.source] is passage
    )
