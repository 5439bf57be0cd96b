"""Questions grouped into topics by what they mean, each topic named by its own words."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from store.lexical import terms_of, words_of

_SAME_TOPIC: Final = 0.5  # cosine with the middle of a topic; paraphrases are above .6, other questions about a thing around .5
_PASSES: Final = 3  # over all questions: the first ones were sorted before the topics had formed
_NAMED_BY: Final = 3  # words


def topics_of(vectors: NDArray[np.float32]) -> list[list[int]]:
    """Return the rows of each topic; *vectors* are L2-normalised, of shape (questions, dimension)."""
    sums = np.zeros_like(vectors)  # of the vectors of each topic; there are at most as many as questions
    of = np.full(len(vectors), -1)
    count = 0
    for _ in range(_PASSES):
        for row, vector in enumerate(vectors):
            if of[row] >= 0:
                sums[of[row]] -= vector
            norms = np.linalg.norm(sums[:count], axis=1)
            cosines = np.where(norms > 1e-3, sums[:count] @ vector / np.maximum(norms, 1e-3), -1.0)
            best = int(np.argmax(cosines)) if count else -1
            if best < 0 or cosines[best] < _SAME_TOPIC:
                empty = np.flatnonzero(norms <= 1e-3)
                best = int(empty[0]) if len(empty) else count
                sums[best] = 0.0  # rounding left something of those who moved out
                count = max(count, best + 1)
            of[row] = best
            sums[best] += vector
    rows = defaultdict(list)
    for row, topic in enumerate(of.tolist()):
        rows[topic].append(row)
    return list(rows.values())


class TopicNames:
    """Names topics by words that are common in them and rare in the others, as people wrote them."""

    def __init__(self, asked: Sequence[str]) -> None:
        """Learn from all questions *asked* which words are rare."""
        self._count = len(asked)
        self._held = Counter(term for each in asked for term in set(terms_of(each)))
        written: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for each in asked:
            for word in each.split():
                bare = word.strip(".,;:!?()[]\"'“”¿¡…").lower()
                for term in set(terms_of(bare)) if len(words_of(bare)) == 1 else ():
                    written[term][bare] += 1
        self._written = {term: words.most_common(1)[0][0] for term, words in written.items()}

    def of(self, questions: Sequence[str]) -> str:
        """Return the name of a topic; *questions*, some of those asked, are at least one."""
        inside = Counter(term for each in questions for term in set(terms_of(each)))
        worth = {term: count * np.log(1 + self._count / self._held[term]) for term, count in inside.items()}
        best = sorted(worth, key=lambda term: (-worth[term], term))
        words = dict.fromkeys(self._written.get(term, term) for term in best)  # a compound and its parts are written alike
        return ", ".join([*words][:_NAMED_BY]) or questions[0]
