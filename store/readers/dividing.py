"""Blocks to excerpts: of about 150 to 300 characters, which is what the embeddings tell apart best; lists, tables and code together."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from store.readers.document import Block, Excerpt

_GOOD_CHARACTERS = 300  # join neighbours up to here
_MOST_CHARACTERS = 600  # leave whole up to here
_SMALL_CHARACTERS = 60  # a rest that says too little alone
_LONGEST_WORD = 1000  # anything longer is no word (base64, minified code) and may be cut
_INTRO_CHARACTERS = 200
_SENTENCE = re.compile(r"(?<=[.!?…;:])\s+")


def divide(blocks: Iterable[Block]) -> tuple[Excerpt, ...]:
    """Return the excerpts of *blocks* in order; no excerpt crosses a heading or a page, none ends inside a word."""
    return tuple(
        Excerpt(text, heading=heading, page=page, anchor=anchor)
        for (heading, page, anchor), group in groupby(blocks, key=lambda block: (block.heading, block.page, block.anchor))
        for text in _join(_parts(list(group)))
    )


def divide_text(text: str) -> tuple[str, ...]:
    """Return the parts of a long text, in order; a text that may stay whole is returned as it is."""
    return tuple(_cut(text))


def pack(pieces: Iterable[str], glue: str, room: int = _GOOD_CHARACTERS) -> Iterator[str]:
    """Join neighbours with *glue* while they fit into *room* characters; a longer piece stays alone."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        if held and size + len(piece) > room:
            yield glue.join(held)
            held, size = [], 0
        held.append(piece)
        size += len(piece) + len(glue)
    if held:
        yield glue.join(held)


def _parts(blocks: list[Block]) -> Iterator[str]:
    opening = intro = ""
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        text = "\n".join(block.lines)
        if not text.strip():
            continue
        if _introduces(block, following) and len(text) <= _MOST_CHARACTERS:
            opening, intro = text, _repeated(text)
            continue
        yield from _introduced(opening, intro, [*_cut_block(block, _MOST_CHARACTERS - len(intro))])
        opening = intro = ""
    if opening:  # what it leads to is empty
        yield opening


def _introduces(block: Block, following: Block | None) -> bool:
    """Tell whether *block* leads to what follows: "You need:", or a paragraph with such an end."""
    return following is not None and block.kind == "paragraph" and following.kind != "paragraph" and block.lines[0].endswith(":")


def _repeated(opening: str) -> str:
    """Return what of an introduction is said again with every part of what it introduces: all of it, its last sentence, or nothing."""
    if len(opening) <= _INTRO_CHARACTERS:
        return opening
    last = _SENTENCE.split(opening)[-1]
    return last if len(last) <= _INTRO_CHARACTERS else ""


def _introduced(opening: str, intro: str, parts: list[str]) -> Iterator[str]:
    """Give the parts of a block, the first behind its whole *opening*, where there is room for both."""
    if parts and len(opening) > len(intro) and len(opening) + len(parts[0]) > _MOST_CHARACTERS:
        yield opening.removesuffix(intro).rstrip() or opening
        opening = intro
    for place, part in enumerate(parts):
        yield "\n".join(filter(None, (intro if place else opening, part)))


def _cut_block(block: Block, most: int) -> Iterator[str]:
    if block.kind == "paragraph":
        yield from _cut(block.lines[0])
        return
    named = sum(map(len, block.lines[: block.head])) <= _MOST_CHARACTERS  # a longer head names nothing, and would be repeated without end
    head, rows = (block.lines[: block.head], block.lines[block.head :]) if named else ((), block.lines)
    tail = (block.tail,) if block.tail else ()
    room = max(_GOOD_CHARACTERS // 2, most - sum(len(line) + 1 for line in (*head, *tail)))
    whole = sum(len(row) + 1 for row in rows) <= room
    for group in pack([piece for row in rows for piece in _cut(row)], "\n", room if whole else min(room, _GOOD_CHARACTERS)):
        yield "\n".join((*head, group, *tail))
    if not rows:
        yield "\n".join((*head, *tail))


def _cut(text: str) -> Iterator[str]:
    if len(text) <= _MOST_CHARACTERS:
        yield text
        return
    if "\n" in text:  # the lines of a nested list
        yield from pack((piece for line in text.split("\n") for piece in _cut(line)), "\n", _GOOD_CHARACTERS)
        return
    pieces = (piece for sentence in _SENTENCE.split(text) for piece in _words(sentence))
    yield from pack(pieces, " ", _GOOD_CHARACTERS)


def _words(sentence: str) -> Iterator[str]:
    if len(sentence) <= _MOST_CHARACTERS:
        yield sentence
        return
    words = (word[at : at + _LONGEST_WORD] for word in sentence.split() for at in range(0, len(word), _LONGEST_WORD))
    yield from pack(words, " ", _GOOD_CHARACTERS)


def _join(parts: Iterable[str]) -> list[str]:
    joined = list(pack(parts, "\n\n", _GOOD_CHARACTERS))
    if len(joined) > 1 and len(joined[-1]) < _SMALL_CHARACTERS and len(joined[-2]) + len(joined[-1]) < _MOST_CHARACTERS:
        joined[-2:] = ["\n\n".join(joined[-2:])]
    return joined
