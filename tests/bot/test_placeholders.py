"""What personal data is called throughout a thread: decided here, and carried through everything that people write in one."""

from dataclasses import replace

from bot.messages import Passage
from bot.placeholders import assign, hidden_of, renamed, standing_alone
from bot.ratings import Rating
from bot.settings import PolicySettings, Settings
from tests.bot.bench import NOW, Bench, incoming
from tests.fakes.pseudonyms import Readable

FREE = Settings(policy=PolicySettings(per_person_per_minute=0))
FILE = Passage("attachment-1", "[NAME_1].txt", "[NAME_1].txt", "", "[NAME_2] fits [NAME_1]'s filter.", "employees")


def test_what_is_known_keeps_its_placeholder_and_what_is_new_gets_the_next() -> None:
    """Two texts, each numbered by itself, say the same of the same."""
    texts = ({"[PHONE_1]": "b", "[PHONE_2]": "a", "[EMAIL_1]": "c"}, {"[PHONE_1]": "d", "[EMAIL_1]": "c"})

    names, added = assign(texts, {"[PHONE_1]": "a"})

    assert names == (
        {"[PHONE_1]": "[PHONE_2]", "[PHONE_2]": "[PHONE_1]", "[EMAIL_1]": "[EMAIL_1]"},
        {"[PHONE_1]": "[PHONE_3]", "[EMAIL_1]": "[EMAIL_1]"},
    )
    assert added == {"[PHONE_2]": "b", "[EMAIL_1]": "c", "[PHONE_3]": "d"}


def test_what_an_author_wrote_is_nobodys_number() -> None:
    """Neither of a value of the same text, nor of one that comes later, nor is a forgotten number given again."""
    names, added = assign(({"[PHONE_4]": None, "[PHONE_1]": "a"},), {"[PHONE_2]": None})

    assert names == ({"[PHONE_4]": "[PHONE_4]", "[PHONE_1]": "[PHONE_5]"},)
    assert added == {"[PHONE_4]": None, "[PHONE_5]": "a"}


def test_a_prankster_does_not_use_the_numbers_up() -> None:
    """Ten digits would be no placeholder any more."""
    names, _ = assign(({"[PHONE_999999999]": None, "[PHONE_1]": "a"},), {})

    assert names[0]["[PHONE_1]"] == "[PHONE_1]"


def test_what_is_taken_is_not_given_again() -> None:
    """Where the numbers that people write end, one above may have been given already, or written beside it."""
    known = {"[PHONE_999999]": None, "[PHONE_1000000]": "a"}

    names, added = assign(({"[PHONE_1000001]": None, "[PHONE_1]": "b", "[PHONE_2]": "c", "[PHONE_3]": "a"},), known)

    given = {"[PHONE_1]": "[PHONE_1000002]", "[PHONE_2]": "[PHONE_1000003]", "[PHONE_3]": "[PHONE_1000000]"}
    assert names == ({"[PHONE_1000001]": "[PHONE_1000001]", **given},)
    assert added == {"[PHONE_1000001]": None, "[PHONE_1000002]": "b", "[PHONE_1000003]": "c"}


def test_placeholders_are_exchanged_all_at_once() -> None:
    """One after the other, both would end up the same."""
    assert renamed("[A_1] and [A_2], [B_1]", {"[A_1]": "[A_2]", "[A_2]": "[A_1]"}) == "[A_2] and [A_1], [B_1]"


def test_a_hash_is_of_kind_and_value() -> None:
    """What an author wrote themselves stands for nothing."""
    assert hidden_of({"[STAFF_NO_1]": "7", "[PHONE_1]": None}, Readable().of_value) == {"[STAFF_NO_1]": "STAFF_NO/7", "[PHONE_1]": None}


def test_a_question_reads_the_same_whoever_asked_before() -> None:
    """An approved answer is found again by whoever is the second to give their name in a thread."""
    assert standing_alone("[PHONE_3] or [PHONE_2], [EMAIL_2], [PHONE_3]?") == "[PHONE_1] or [PHONE_2], [EMAIL_1], [PHONE_1]?"
    assert standing_alone("[sic] nothing") == "[sic] nothing"


async def asked(bench: Bench, text: str, key: str, thread: str = "slack:T:C:1") -> str:
    """Return what is kept of a question in which Bia's name is known."""
    question = await bench.engine.accept(replace(incoming(text, key=key, thread=thread), names=("Bia",), message_ref=key))
    assert question is not None
    assert bench.ledger.kept[question.exchange_id].question == question
    return question.text


async def test_a_name_is_called_the_same_throughout_its_thread() -> None:
    """The model, and whoever reads the rows, can tell two people apart and one again."""
    bench = Bench(settings=FREE)

    assert await asked(bench, "Ana's filter?", "1") == "[NAME_1]'s filter?"
    assert await asked(bench, "Or Bia's, not Ana's?", "2") == "Or [NAME_2]'s, not [NAME_1]'s?"
    assert await asked(bench, "Bia's?", "3") == "[NAME_2]'s?"
    assert await asked(bench, "Bia's?", "4", "slack:T:C:2") == "[NAME_1]'s?"


async def test_knowledge_is_looked_for_by_the_question_alone() -> None:
    """Who else was named in the thread is nothing that an answer hangs on."""
    bench = Bench(settings=FREE)
    await asked(bench, "Ana's filter?", "1")
    question = await bench.engine.accept(replace(incoming("Does Bia change the filter? I am Bia.", key="2"), names=("Bia",)))
    assert question is not None
    await bench.answered(question)

    assert [words for words, _, _ in bench.retriever.asked] == ["Does [NAME_1] change the filter? I am [NAME_1]."]


async def test_an_edit_keeps_to_its_thread() -> None:
    """An edit that changes nothing but what is redacted anyway changes nothing of ours."""
    bench = Bench(settings=FREE)
    await asked(bench, "Ana's filter?", "1")
    await asked(bench, "Bia's filter?", "2")

    changed = await bench.engine.revise("slack", channel="C", message_ref="2", text="Bia's filter, Ana?", names=("Bia",))
    again = await bench.engine.revise("slack", channel="C", message_ref="2", text="Bia's filter, Ana?", names=("Bia",))

    assert changed is not None
    assert bench.ledger.kept[changed].question.text == "[NAME_2]'s filter, [NAME_1]?"
    assert again is None


async def test_a_comment_keeps_to_its_thread() -> None:
    """On a vote, and where somebody says later why."""
    bench = Bench(settings=FREE)
    await asked(bench, "Bia's filter?", "1")
    _, answer = await bench.answered(await bench.asked("And the other filter?", key="2"))

    await bench.engine.rate(Rating(answer.exchange_id, "U9", "slack", "down", "button", NOW, "other", "Ask Ana"))
    first = bench.ledger.kept[answer.exchange_id].votes["slack/9U"].comment
    await bench.engine.explain(answer.exchange_id, "slack", "U9", reason="other", comment="Ana says no, Ana!")

    assert (first, bench.ledger.kept[answer.exchange_id].votes["slack/9U"].comment) == ("Ask [NAME_2]", "[NAME_2] says no, [NAME_2]!")


async def test_a_file_keeps_to_its_thread() -> None:
    """Its passages were numbered by themselves; what the model sees, and what is recorded, is the thread's."""
    bench = Bench(settings=FREE)
    question = await bench.asked("Whose filter is Ana's?")
    file = replace(FILE, hidden={"[NAME_1]": "NAME/Bia", "[NAME_2]": "NAME/Ana"})

    await bench.answered(question, file)

    exchange = bench.ledger.kept[question.exchange_id].exchange
    assert exchange is not None
    (passage, *_) = exchange.passages
    assert (passage.source, passage.title, passage.text) == ("[NAME_2].txt", "[NAME_2].txt", "[NAME_1] fits [NAME_2]'s filter.")
    assert passage.text in exchange.prompt
    assert passage.hidden == {}
