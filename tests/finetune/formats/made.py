"""Records of every kind, made by hypothesis: such as a format can hold without loss."""

from typing import Any

from hypothesis import strategies as st

from finetune.formats.format import Format
from finetune.formats.records import Conversation, Preference, Record, Summary, Text, Thumb, Turn
from finetune.formats.registry import FORMATS

texts = st.text(min_size=1, max_size=30)
_scalars = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6
)
metadata = st.dictionaries(st.text(max_size=8) | st.sampled_from(["metadata", "system", "messages", "origin"]), _values, max_size=3)


@st.composite
def _prompts(draw: st.DrawFn, chosen: Format) -> tuple[Turn, ...]:
    system = (Turn("system", draw(texts)),) if "system" in chosen.holds and draw(st.booleans()) else ()
    earlier: list[Turn] = []
    if "turns" in chosen.holds:
        for _ in range(draw(st.integers(0, 2))):
            weight = draw(st.sampled_from([None, 0, 1])) if "weights" in chosen.holds else None
            earlier += [Turn("user", draw(texts)), Turn("assistant", draw(texts), weight)]
    return (*system, *earlier, Turn("user", draw(texts)))


@st.composite
def records_of(draw: st.DrawFn, chosen: Format) -> Record:
    """Draw a record that *chosen* can hold."""
    besides: Any = draw(metadata) if "metadata" in chosen.holds else {}
    if chosen.record is Conversation:
        weight = draw(st.sampled_from([None, 0, 1])) if "weights" in chosen.holds else None
        return Conversation((*draw(_prompts(chosen)), Turn("assistant", draw(texts), weight)), besides)
    if chosen.record is Preference:
        return Preference(draw(_prompts(chosen)), draw(texts), draw(texts), besides)
    if chosen.record is Thumb:
        return Thumb(draw(_prompts(chosen)), draw(texts), draw(st.booleans()), besides)
    if chosen.record is Summary:
        return Summary(draw(texts), draw(texts), besides)
    return Text(draw(texts), besides)


def _richest(kind: type[Record]) -> st.SearchStrategy[Record]:
    return records_of(max((each for each in FORMATS.values() if each.record is kind), key=lambda each: len(each.holds)))


any_record = st.sampled_from([Conversation, Preference, Thumb, Summary, Text]).flatmap(_richest)
