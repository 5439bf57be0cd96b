"""Every error that a person may meet, grouped by who can act on it. `user_text` is a translatable message id."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Self

from bot.texts import N_


class ChatbotError(Exception):
    """
    Base of all our errors.

    The exception's own text is for logs and operators, and never reaches a chat; `user_text` does, after translation and with
    `fields` filled in. What `told` gives holds its own text as a translatable `message` with its `values`, too.
    """

    user_text: ClassVar[str] = N_("Something went wrong. Please try again.")
    message: str = ""
    values: Mapping[str, object] = MappingProxyType({})

    def __init__(self, detail: str = "", **fields: object) -> None:
        """Keep *detail* for the operator and *fields* for the placeholders of `user_text`."""
        super().__init__(detail)
        self.fields = fields

    @classmethod
    def told(cls, message: str, **values: object) -> Self:
        """Return an error whose detail operators read in their language: *message*, marked by `N_`, with *values* for its placeholders."""
        error = cls(message.format(**values) if values else message)
        error.message, error.values = message, values
        return error


class TryAgainLater(ChatbotError):
    """The asker can wait: no connection, a rate limit, a timeout, a busy or failing model or service."""

    user_text = N_("I cannot answer right now. Please try again in a moment.")


class Busy(TryAgainLater):
    """Too many questions wait already."""

    user_text = N_("Many people are asking at the moment. Please try again in a minute.")


class BudgetSpent(TryAgainLater):
    """The operator's budget of the day or month has no room for a call to a hosted model."""

    user_text = N_("What may be spent on answers is used up for now. Please ask a person, or try again later.")


class BadRequest(ChatbotError):
    """The asker can act: the request itself cannot be served."""

    user_text = N_("I could not understand that request.")


class EmptyQuestion(BadRequest):
    """Nothing is left of the question after cleaning."""

    user_text = N_("Please write your question in words.")


class QuestionTooLong(BadRequest):
    """The question is longer than the limit; fields: `length`, `limit` (characters)."""

    user_text = N_("That question has {length} characters; I can read {limit}. Please shorten it.")


class ConversationTooLong(BadRequest):
    """The newest question alone does not fit the model's context window."""

    user_text = N_("That question is too long for the model. Please shorten it.")


class Filtered(BadRequest):
    """The filter of a hosted model's service refused the question, or stopped the answer."""

    user_text = N_("The model's service does not allow an answer to that. Please put it in other words, or ask a person.")


class NotAllowed(BadRequest):
    """The person may not do this."""

    user_text = N_("You are not allowed to do that.")


class NotAllowedHere(NotAllowed):
    """The channel, server or person is not among those that the operator allows."""

    user_text = N_("I am not set up to answer you here. Please ask in another channel, or tell the person who runs me.")


class AskedTooOften(BadRequest):
    """The person's questions of a minute or a day are spent; fields: `count` (the limit), `wait` (such as "40 s" or "3 h")."""

    user_text = N_("I take at most {count} questions of a person in a short time. Please wait {wait} and ask again.")


class CannotSee(BadRequest):
    """A picture, and a model without eyes; field: `name`."""

    user_text = N_("I cannot see pictures ({name}). Please write in words what it shows.")


class UnknownExchange(BadRequest):
    """No exchange has that id."""

    user_text = N_("I no longer know that answer.")


class BadDocument(BadRequest):
    """
    A document cannot be read; fields: `name`, `problem` (in English).

    `problem` is also kept as a translatable clause, whose placeholders are `values`.
    """

    user_text = N_("{name}: {problem}")

    def __init__(self, detail: str = "", *, name: str, problem: str, **values: object) -> None:
        """Keep the file's *name* as people see it and the *problem* with its *values*."""
        super().__init__(detail, name=name, problem=problem.format(**values) if values else problem)
        self.problem = problem
        self.values = values


class Misconfigured(ChatbotError):
    """The operator can act: a wrong setting, token, file or permission. The detail says what, where and what to do."""

    user_text = N_("I am not set up correctly. Please tell the person who runs me.")


class Refused(ChatbotError):
    """A command of the operator's was refused; the detail says why in one clear sentence."""

    user_text = N_("That was refused.")
