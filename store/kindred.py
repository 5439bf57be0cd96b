"""
What answers for what without meaning the same: a kind for the things of that kind, and they for it.

Who asks about a dog is answered by a rule about animals, and who asks about animals by one about dogs; but not about a cat by one about
dogs: two of one kind do not stand for each other.
"""

from functools import cache

# A kind a line, by the names of concepts (store/concept_words.py, store/concept_subjects.py): the kind, then what is of it.
_KINDS = """
pet: dog cat bird puppy horse fish-pet
dog: puppy
park: garage car
garage: car
device: phone tablet computer
equipment: device phone computer tablet monitor tool machine
furniture: sofa bed chair table desk
clothes: uniform shirt trousers dress shoes
food: meal lunch dinner breakfast
meal: lunch dinner breakfast
drink: coffee wine beer
document: id certificate form passport
card: badge
key: badge
gate: door
house: apartment
absence: sick
parent: maternity paternity mother father
child: student baby
visitor: friend family relative accompany
appointment: meeting book
class: training
hours: open close begin end
weekday: monday tuesday wednesday thursday friday
weekend: saturday sunday
deadline: duration early
checkin: arrive
checkout: depart
cost: fee free
pay: cost fee free
money: refund cash
giveback: refund
buy: sell
rent: borrow
insurance: health-plan
contact: phone email
package: order
deliver: package ship send arrive
warranty: broken repair
found: lost forgot
lost: forgot
cancel: resign
end: resign
renew: extend
postpone: change
internet: wifi
noise: music party
garbage: dispose recycle
event: party
colour: red blue green yellow black white
"""


@cache
def _kin() -> dict[str, frozenset[str]]:
    kin: dict[str, set[str]] = {}
    for line in _KINDS.strip().splitlines():
        kind, _, things = line.partition(": ")
        for thing in things.split():
            kin.setdefault(kind, set()).add(thing)
            kin.setdefault(thing, set()).add(kind)
    return {concept: frozenset(others) for concept, others in kin.items()}


def kindred(concept: str) -> frozenset[str]:
    """Return the kinds that *concept* is of, and what is of its kind; none for a word without a concept of its own."""
    return _kin().get(concept, frozenset())
