"""Forum posts on Discord, through real discord.py; threads and replies are in test_client.py."""

from tests.adapters.discord.test_client import QUESTION
from tests.adapters.discord.world import company

WHOLE = "Yes. Every six months.\n-# Sources\n-# Filters (filters.md)"


async def test_a_post_that_names_us_is_a_question_and_what_follows_belongs_to_it() -> None:
    """A forum is made of questions; the post is the conversation."""
    async with company() as acme:
        post = await acme.post(acme.guild.create_forum_channel("questions"), f"{acme.me} {QUESTION}")
        await acme.ana.send(post, f"{acme.me} And the other filter?")

        assert len(acme.answers(post)) == 2
        assert {kept.question.place.conversation_id for kept in acme.ledger.kept.values()} == {f"discord:{acme.guild.id}:{post.id}"}
        assert {kept.question.place.surface for kept in acme.ledger.kept.values()} == {"thread"}


async def test_each_post_in_a_forum_of_ours_is_a_question() -> None:
    """Where the operator names a forum, nobody needs to name us; follow-ups belong to the talk."""
    async with company(message_content=True) as acme:
        ours, theirs = acme.guild.create_forum_channel("questions"), acme.guild.create_forum_channel("chat")
        acme.options["thread_channels"] = (str(ours.id),)
        await acme.restart()
        post, other = await acme.post(ours, QUESTION), await acme.post(theirs, QUESTION)
        await acme.ana.send(post, "And the other filter?")

        assert [answer.content for answer in acme.answers(post)] == [WHOLE, WHOLE]
        assert acme.answers(other) == []


async def test_every_channel_does_not_mean_every_forum() -> None:
    """With * all answers open threads; that does not make every post of a server a question to us."""
    async with company(message_content=True, thread_channels=("*",)) as acme:
        post = await acme.post(acme.guild.create_forum_channel("chat"), QUESTION)

        assert acme.answers(post) == []


async def test_a_posts_title_belongs_to_its_question_also_when_it_is_edited() -> None:
    """Many titles are the question, and the text says "see above"."""
    async with company() as acme:
        post = await acme.post(acme.guild.create_forum_channel("questions"), f"{acme.me} {QUESTION}")
        [kept] = acme.ledger.kept.values()
        asked = kept.question.text
        await acme.ana.edit(post.history()[0], f"{acme.me} {QUESTION} Please.")

        assert asked == f"post\n\n{QUESTION}"
        assert kept.question.text == f"post\n\n{QUESTION} Please."
