"""What rows are about: a sample of their questions, grouped by what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.index_ports import Encoder
from store.topics import TopicNames, topics_of


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: the words that name it, how many questions of the sample ask about it, and the most central one."""

    name: str
    questions: int
    example: str


async def find_topics(questions: Sequence[str], encoder: Encoder) -> list[Topic]:
    """Return the topics of *questions*, the largest first."""
    if not questions:
        return []
    vectors = await encoder.encode(questions)
    said = [_without_numbers(question) for question in questions]
    names = TopicNames(said)
    topics = []
    for rows in topics_of(vectors):
        inside = [questions[row] for row in rows]
        central = int(np.argmax(vectors[rows] @ vectors[rows].sum(axis=0)))
        topics.append(Topic(names.of([said[row] for row in rows]), len(inside), inside[central]))
    return sorted(topics, key=lambda topic: (-topic.questions, topic.name))


def _without_numbers(question: str) -> str:
    """Leave out the numbers of orders and invoices: each is rare, and none is a topic."""
    return " ".join(word for word in question.split() if not word.strip(".,;:!?()#").isdigit()) or question
