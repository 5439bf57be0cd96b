"""Questions are cleaned and refused in one sentence."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat_settings import Access
from bot.errors import AskedTooOften, EmptyQuestion, NotAllowedHere, QuestionTooLong
from bot.messages import Place, Platform, RightsPolicy, Surface
from bot.policy import check_access, check_pace, clean, clean_question, cut_off, may_train_with_consent, rounded_up

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CHANNEL = Place("slack", "mention", "slack:T1:C1:1", "T1", "C1")
THREAD = Place("discord", "thread", "discord:G1:9", "G1", "9", parent="C1")
SLACK_DIRECT = Place("slack", "direct_message", "slack:T1:D1:1", "T1", "D1")
SLACK_COMMAND = Place("slack", "slash_command", "slack:T1:ask:1", "T1")
DISCORD_DIRECT = Place("discord", "slash_command", "discord:D2:1", "", "D2")
LIMITS = {timedelta(minutes=1): 2, timedelta(hours=24): 4}


@pytest.mark.parametrize("text", ["", "   \n", "👍🎉", "?!…", "\x00\x07", "\ud800"])
def test_a_question_without_words_is_refused(text: str) -> None:
    """Nothing can be answered; the person is told so instead of getting a guess."""
    with pytest.raises(EmptyQuestion):
        clean_question(text, limit=100)


def test_a_long_question_names_its_length_and_the_limit() -> None:
    """The person must know by how much to shorten it."""
    with pytest.raises(QuestionTooLong) as caught:
        clean_question("a" * 40_000, limit=8000)

    assert caught.value.fields == {"length": 40_000, "limit": 8000}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Onde fica?", "Onde fica?"),
        ("Onde fica o crachá?", "Onde fica"),
        ("Onde\nfica o?", "Onde\nfica"),
        ("Onde ficaria?", "Onde"),
        ("Oi [NAME_12]", "Oi"),
        ("crachácrachá", "crachácrac"),
    ],
)
def test_a_text_is_cut_off_behind_a_word(text: str, kept: str) -> None:
    """Half a placeholder would stand for nobody, and half a word is none; one without an end is cut all the same."""
    assert cut_off(text, limit=10) == kept


def test_controls_overrides_and_lone_surrogates_go_and_pairs_stay() -> None:
    """They would break SQL, terminals or the reading order; an emoji sent as a surrogate pair is a character."""
    assert clean("a\x00b\u202ec\ud83d\ude00\ud800!\r\nd\re") == "abc😀\ufffd!\nd\ne"


def test_portuguese_letters_are_composed() -> None:
    """Retrieval compares characters: a decomposed ç must be the same ç."""
    assert clean("c\u0327a\u0303o") == "ção"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """What is stored may be cleaned again on its way."""
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet=st.characters(categories=["Cs", "Cc", "L", "Zs"])))
def test_cleaned_text_can_always_be_encoded(text: str) -> None:
    """A lone surrogate in SQL or JSON would lose the whole exchange."""
    assert clean(text).encode() is not None


def allowed(access: Access, place: Place, *groups: str) -> bool:
    """Tell whether members of *groups* may ask at *place*."""
    try:
        check_access(access, place, frozenset(groups))
    except NotAllowedHere:
        return False
    return True


def test_empty_lists_allow_everyone_everywhere() -> None:
    """Nobody is shut out by a setting that was never made."""
    assert all(allowed(Access(), place) for place in (CHANNEL, THREAD, SLACK_DIRECT, SLACK_COMMAND, DISCORD_DIRECT))


def test_a_block_wins_over_an_allowance() -> None:
    """The operator who blocks means it, whatever else is written."""
    lists = Access(allow_workspaces=("T1",), allow_channels=("C1",), allow_groups=("staff",))
    assert allowed(lists, CHANNEL, "staff")

    for block in ({"block_workspaces": ("T1",)}, {"block_channels": ("C1",)}, {"block_groups": ("staff",)}):
        assert not allowed(lists.model_copy(update=block), CHANNEL, "staff")


def test_only_the_listed_may_ask() -> None:
    """One list does not open what another leaves out."""
    assert not allowed(Access(allow_workspaces=("T2",)), CHANNEL)
    assert not allowed(Access(allow_channels=("C2",)), CHANNEL)
    assert not allowed(Access(allow_groups=("staff",)), CHANNEL, "guests")
    assert allowed(Access(allow_groups=("staff",)), CHANNEL, "guests", "staff")
    assert not allowed(Access(allow_workspaces=("T1",), allow_channels=("C2",)), CHANNEL)


def test_a_thread_goes_with_its_channel() -> None:
    """Threads come and go: lists name channels."""
    assert allowed(Access(allow_channels=("C1",)), THREAD)
    assert not allowed(Access(block_channels=("C1",)), THREAD)
    assert not allowed(Access(block_channels=("9",)), THREAD)


def test_lists_of_channels_do_not_bind_direct_messages() -> None:
    """Who may ask in a channel may ask in private, too; where only some workspaces or roles may, a stranger's message may not."""
    listed = Access(allow_channels=("C1",))
    assert all(allowed(listed, place) for place in (SLACK_DIRECT, SLACK_COMMAND, DISCORD_DIRECT))

    assert allowed(Access(allow_workspaces=("T1",)), SLACK_DIRECT)
    assert not allowed(Access(allow_workspaces=("G1",)), DISCORD_DIRECT)
    assert not allowed(Access(allow_groups=("staff",)), DISCORD_DIRECT)


def ago(*seconds: float) -> list[datetime]:
    """Return the moments that long before now."""
    return [NOW - timedelta(seconds=each) for each in seconds]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ((40, 20), (2, "20 s")),
        ((59.5, 1), (2, "1 s")),
        ((80_000, 5000, 4000, 3000), (4, "2 h")),
        ((86_000, 5000, 30, 20), (4, "7 min")),  # both are spent: the longer wait counts
    ],
)
def test_who_asked_too_often_is_told_how_long_to_wait(asked: tuple[float, ...], told: tuple[int, str]) -> None:
    """A refusal that does not say until when is asked again at once."""
    with pytest.raises(AskedTooOften) as caught:
        check_pace(ago(*asked), NOW, LIMITS)

    assert (caught.value.fields["count"], caught.value.fields["wait"]) == told


@pytest.mark.parametrize("asked", [(), (1,), (60, 1), (61, 60), (86_400, 5000, 4000, 30)])
def test_a_place_is_free_again_when_its_time_is_over(asked: tuple[float, ...]) -> None:
    """The windows slide; nobody waits for a full hour or midnight."""
    check_pace(ago(*asked), NOW, LIMITS)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "1 s"), (59, "59 s"), (59.5, "1 min"), (61, "2 min"), (3541, "1 h"), (3601, "2 h"), (86_400, "24 h")]
)
def test_a_wait_is_said_in_one_unit_and_never_too_short(seconds: float, said: str) -> None:
    """Who waits as long as they were told must be let in."""
    assert rounded_up(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("platform", "surface", "policy", "worth"),
    [
        ("slack", "mention", "consent", True),
        ("slack", "mention", "allow", False),
        ("slack", "mention", "refuse", False),
        ("discord", "slash_command", "consent", True),
        ("discord", "modal", "consent", True),
        ("discord", "mention", "consent", False),
        ("discord", "shortcut", "consent", False),
    ],
)
def test_consent_is_asked_where_it_changes_anything(platform: Platform, surface: Surface, policy: RightsPolicy, worth: bool) -> None:
    """Discord forbids training on message text whatever its author says: to ask for it would promise what is not done."""
    assert may_train_with_consent(Place(platform, surface, "x"), policy) is worth
