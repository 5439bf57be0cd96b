"""Whose turn it is at a busy model."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bot.backends.turns import Turns

SHARES = ("A", "B", "C", "D")
NOBODY = ""
Waiting = tuple[str, int]
# A share that joins, None for a turn, or a number for one of those who wait, who leaves.
Steps = list[str | int | None]
steps = st.lists(st.one_of(st.sampled_from(SHARES), st.none(), st.integers(0, 5)), max_size=60)


def line(*shares: str) -> Turns[Waiting]:
    """Return a line that these joined one after the other."""
    turns = Turns[Waiting]()
    for number, share in enumerate(shares):
        turns.join((share, number), share=share)
    return turns


def taken(turns: Turns[Waiting]) -> list[Waiting]:
    """Take all that wait."""
    return [item for _ in range(len(turns)) if (item := turns.take())]


def test_shares_take_turns() -> None:
    """One workspace's flood must not keep another's only question waiting to the end."""
    assert [share for share, _ in taken(line("A", "A", "A", "B", "C", "B"))] == ["A", "B", "C", "A", "B", "A"]


def test_one_share_is_a_plain_line() -> None:
    """Within a workspace nobody overtakes."""
    assert taken(line("A", "A", "A")) == [("A", 0), ("A", 1), ("A", 2)]


def test_an_empty_line_has_nobody() -> None:
    """A model that is done rests."""
    assert (line().take(), line().order(), len(line())) == (None, (), 0)


def test_who_is_gone_cannot_leave() -> None:
    """A reader who leaves in the middle of their answer has no place in line to give up."""
    turns = line("A", "B")
    turns.take()

    assert not turns.leave(("A", 0), share="A")
    assert not turns.leave(("B", 7), share="B")
    assert turns.leave(("B", 1), share="B")
    assert len(turns) == 0


def test_a_share_with_less_displaces_the_last_of_the_one_with_most() -> None:
    """One loud workspace must not keep the others out of a bounded line."""
    turns = line("A", "A", "A", "B")

    assert turns.displace("C") == ("A", 2)
    assert turns.displace("A") is None
    assert turns.displace("B") is None
    assert turns.displace("C") == ("A", 1)
    assert turns.displace("C") is None
    assert Turns[Waiting]().displace("A") is None


def _play(moves: Sequence[str | int | None]) -> list[tuple[str, frozenset[str]]]:
    """Make the *moves*; return whose turns came, each with the shares that waited just before it, and after whom somebody left."""
    turns = Turns[Waiting]()
    came: list[tuple[str, frozenset[str]]] = []
    for number, move in enumerate([*moves, *[None] * len(moves)]):
        if isinstance(move, str):
            turns.join((move, number), share=move)
        elif move is None:
            waiting = frozenset(share for share, _ in turns.order())
            if item := turns.take():
                came.append((item[0], waiting))
        elif move < len(turns):
            item = turns.order()[move]
            turns.leave(item, share=item[0])
            came.append((NOBODY, frozenset(share for share, _ in turns.order())))  # a share may be gone, and come again behind the others
    return came


@given(steps)
def test_nobody_waits_for_more_than_one_turn_of_each_other_share(moves: Steps) -> None:
    """The law of fairness: between two turns of its own a share that waits sees each other share at most once."""
    came = _play(moves)

    for share in SHARES:
        seen: list[str] = []
        for other, waiting in came:
            seen = [] if other == share or share not in waiting else [*seen, other] if other != NOBODY else seen
            assert len(seen) == len(set(seen)) <= len(SHARES) - 1


@given(st.lists(st.sampled_from(SHARES), max_size=30))
def test_the_order_told_is_the_order_kept(shares: list[str]) -> None:
    """People see how many are before them: the number must be true."""
    turns = line(*shares)
    order = list(turns.order())

    assert order == taken(turns)
    assert sorted(order, key=lambda item: item[1]) == [(share, number) for number, share in enumerate(shares)]
    assert all(
        [item for item in order if item[0] == share] == [item for item in sorted(order, key=lambda i: i[1]) if item[0] == share]
        for share in SHARES
    )
