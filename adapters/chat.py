"""What both chat platforms share beside delivery: the services they work with, and our own words to people."""

from dataclasses import dataclass
from typing import Final

from bot.engine import Engine
from bot.errors import BadDocument, ChatbotError
from bot.messages import ConsentState, RightsPolicy
from bot.ports import AttachmentReader, Ledger, Vault
from bot.ratings import VoteReason
from bot.settings import PolicySettings
from bot.texts import N_, translate


@dataclass(frozen=True, slots=True)
class ChatServices:
    """
    What a chat platform's adapter works with.

    `language` is spoken to those whose locale the platform does not tell, `prompts` are the operator's suggested questions, and
    `public_url` is where the outside reaches our web server (empty: nowhere).
    """

    engine: Engine
    ledger: Ledger
    vault: Vault
    attachments: AttachmentReader
    policy: PolicySettings
    language: str
    prompts: tuple[str, ...] = ()
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with the words on its two buttons."""

    text: str
    yes: str
    no: str


_REASONS: Final[dict[VoteReason, str]] = {
    "wrong": N_("It is wrong"),
    "outdated": N_("It is out of date"),
    "not_found": N_("It did not find what I need"),
    "tone": N_("I do not like its tone"),
    "other": N_("Something else"),
}

_CONSENT: Final[dict[ConsentState, str]] = {
    "unasked": N_("You have not said whether your questions may be used to improve the answers. Until you do, they are not."),
    "granted": N_("You allowed your questions to be used to improve the answers."),
    "refused": N_("Your questions are not used to improve the answers."),
}


def _meaning(state: ConsentState, policy: RightsPolicy) -> str:
    match policy:
        case "refuse":
            return N_("Nobody's questions are used to improve the answers here.")
        case "allow" if state != "refused":
            return N_("Whoever runs me uses questions to improve the answers. Yours are left out if you withdraw them.")
        case _:
            return _CONSENT[state]


def sentence_of(error: ChatbotError, locale: str, **shown: object) -> str:
    """Return what a person is told of *error*; *shown* takes the place of its fields of the same names."""
    fields = {**error.fields, **shown}
    if isinstance(error, BadDocument):
        fields["problem"] = translate(locale, error.problem, **error.values)
    return translate(locale, error.user_text, **fields)


def reasons(locale: str) -> tuple[tuple[VoteReason, str], ...]:
    """Return why an answer may be bad: each code with its words, in the order of a form."""
    return tuple((code, translate(locale, words)) for code, words in _REASONS.items())


def consent_question(locale: str) -> Choice:
    """Return the question that each person is asked once."""
    return Choice(
        translate(
            locale,
            "May your questions be used to improve the answers? Personal data is removed first, and you can change your mind with "
            "/privacy at any time.",
        ),
        translate(locale, "Yes, use them"),
        translate(locale, "No"),
    )


def consent_thanks(locale: str, *, granted: bool) -> str:
    """Return what is said after the decision."""
    thanks = N_("Thank you! Your questions may help to improve the answers.")
    return translate(locale, thanks if granted else N_("Understood: your questions are not used."))


def privacy_choice(locale: str, state: ConsentState, policy: RightsPolicy) -> Choice:
    """Return what `/privacy` says: what *policy* and the person's decision mean, what is kept, and the two decisions they can take."""
    kept = translate(
        locale,
        "Your questions and votes are kept under a pseudonym, with personal data removed. If you delete a question, it is forgotten.",
    )
    text = f"{translate(locale, _meaning(state, policy))}\n\n{kept}"
    return Choice(text, translate(locale, "Allow"), translate(locale, "Withdraw"))
