"""Whether a question gets the same answer however it is worded."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Final

from finetune.arms import AskedOf, Reply
from finetune.bootstrap import Interval, wilson
from finetune.measures import token_f1

LEAST_F1: Final = 0.7  # of two wrong answers that say the same


def consistency(replies: Sequence[Reply], asked: Sequence[AskedOf]) -> Interval:
    """Return the share of subjects asked in several phrasings (`HeldOut.subject`) whose answers are alike, each with each."""
    groups: defaultdict[str, list[Reply]] = defaultdict(list)
    for reply, each in zip(replies, asked, strict=True):
        if each.held.subject:
            groups[each.held.subject].append(reply)
    several = [group for group in groups.values() if len(group) > 1]
    same = sum(all(alike(one, other) for one, other in combinations(group, 2)) for group in several)
    return wilson(same, len(several))


def alike(one: Reply, other: Reply) -> bool:
    """Tell whether two answers say the same: both what is right, or both that they do not know, or the same wrong thing in like words."""
    if one.good != other.good or one.declined != other.declined:
        return False
    return one.good or one.declined or token_f1(one.text, other.text) >= LEAST_F1
