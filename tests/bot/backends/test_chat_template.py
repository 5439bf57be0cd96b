"""Chat templates, which come with downloaded files."""

from datetime import UTC, datetime

import pytest

from bot.backends.chat_template import ChatTemplate, Run
from bot.errors import Misconfigured
from bot.messages import Message

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# After Gemma's: no place for a system message, contents trimmed, roles renamed.
STRICT = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate') }}{% endif %}<turn>{{ message['content'] | trim }}</turn>{% endfor %}"
)
ASK = Message("user", "Where?")


def _template(source: str) -> ChatTemplate:
    return ChatTemplate(source, bos="<s>", eos="</s>", now=lambda: datetime(2026, 5, 4, tzinfo=UTC))


def test_people_s_words_are_runs_of_their_own() -> None:
    """Only so can they be tokenised without control tokens."""
    runs = _template(CHATML).runs([Message("system", "Be kind."), ASK])

    assert runs == (
        Run("<|im_start|>system\n", None),
        Run("Be kind.", 0),
        Run("<|im_end|>\n<|im_start|>user\n", None),
        Run("Where?", 1),
        Run("<|im_end|>\n<|im_start|>assistant\n", None),
    )


def test_words_that_look_like_template_code_stay_words() -> None:
    """A question about Jinja, or an attack through it, is text."""
    assert _template(CHATML).runs([Message("user", "{{ 7 * 7 }}")])[1] == Run("{{ 7 * 7 }}", 0)


def test_a_template_without_system_role_gets_it_with_the_first_question() -> None:
    """The company's instructions must reach models that know no system message."""
    runs = _template(STRICT).runs([Message("system", "Be kind."), ASK])

    assert "".join(run.text for run in runs) == "<s><turn>Be kind.\n\nWhere?</turn>"
    assert [run.message for run in runs] == [None, 0, None, 1, None]


def test_contents_are_trimmed_where_the_template_trims() -> None:
    """The served prompt must equal the one that a trainer renders with the same template."""
    assert _template(STRICT).runs([Message("user", "  Where? ")])[1] == Run("Where?", 0)
    assert _template(CHATML).runs([Message("user", "  Where? ")])[1] == Run("  Where? ", 0)


def test_a_template_may_state_the_date() -> None:
    """Several published templates call this function without asking whether it exists."""
    source = "{{ strftime_now('%d %B %Y') }} {{ messages[0]['content'] }}"

    assert _template(source).runs([ASK])[0].text == "04 May 2026 "


def test_hidden_reasoning_is_switched_off_where_a_template_knows_the_switch() -> None:
    """Reasoning would stream into the chat."""
    source = "{{ messages[0]['content'] }}{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}"

    assert _template(source).runs([ASK])[-1].text == "<think></think>"


def test_a_refused_order_of_roles_names_the_template() -> None:
    """The operator must see that the template, not the question, is at fault."""
    with pytest.raises(Misconfigured, match="refuses the conversation: Roles must alternate"):
        _template(STRICT).runs([ASK, ASK])


@pytest.mark.parametrize("source", ["{% for %}", "{{ 1 + 'a' }}", "{{ messages[9]['content'] + 'x' }}", "{{ 1 / 0 }}"])
def test_a_broken_template_is_the_operator_s_matter(source: str) -> None:
    """It is found at the start, not at the first question."""
    with pytest.raises(Misconfigured, match="chat template cannot be used"):
        _template(source)


def test_a_template_cannot_reach_out_of_its_sandbox() -> None:
    """A model file is a download: its template must not run code here."""
    with pytest.raises(Misconfigured):
        _template("{{ messages.__class__.__mro__[1].__subclasses__() }}")
