"""The playground's page. Its words travel as JSON inside the page, in the browser's language."""

import html
import json
from functools import cache
from pathlib import Path
from string import Template

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from adapters.chat import reasons
from adapters.web.failures import language_of
from adapters.web.visitor import remember, visitor_of
from bot.texts import translate

router = APIRouter()


# A plain function: FastAPI runs it in a thread, where reading the files blocks nobody.
@router.get("/")
def page(request: Request) -> HTMLResponse:
    """Return the page, and give the browser its cookie."""
    language = language_of(request)
    words = page_words(language)
    # "<" must not end the script element that holds the words.
    data = json.dumps({"language": language, "words": words}).replace("<", "\\u003c")
    markup = {name: html.escape(text) for name, text in words.items()}
    response = HTMLResponse(_template().substitute(markup, language=language, data=data))
    remember(visitor_of(request), request, response)
    return response


def page_words(language: str) -> dict[str, str]:
    """Return every word of the page; placeholders in braces are filled in by the page."""
    return {
        # The empty page
        "welcome": translate(language, "What would you like to know?"),
        "promise": translate(language, "Answers come from what this company knows, and show their sources."),
        "no_script": translate(language, "This page needs JavaScript."),
        "skip": translate(language, "Skip to the question"),
        # The composer
        "question": translate(language, "Your question"),
        "placeholder": translate(language, "Ask a question…"),
        "send": translate(language, "Send"),
        "stop": translate(language, "Stop"),
        "keys": translate(language, "Enter sends, Shift+Enter starts a new line, Esc stops"),
        "new_conversation": translate(language, "New conversation"),
        "conversation": translate(language, "Conversation"),
        "you": translate(language, "You"),
        # While an answer comes
        "thinking": translate(language, "Reading what is known…"),
        "queued": translate(language, "Waiting: {count} before you"),
        "stopped": translate(language, "You stopped this answer."),
        "answered": translate(language, "The answer is complete."),
        # What kind of answer it is
        "verified": translate(language, "Approved answer"),
        "verified_by": translate(language, "Approved by {name} on {date}"),
        "verified_on": translate(language, "Approved by an expert on {date}"),
        "quoted": translate(language, "Quotation"),
        "quoted_from": translate(language, "Quotation from {title}"),
        "instead_of": translate(language, "{model} answered in place of {other}"),
        "declined": translate(language, "No answer found"),
        "answered_question": translate(language, "Written for the question: {question}"),
        "sources": translate(language, "Sources"),
        "closest": translate(language, "Closest sources"),
        "see_also": translate(language, "See also"),
        "as_of": translate(language, "as of {date}"),
        "person": translate(language, "A person can help: {where}"),
        "relevance": translate(language, "Relevance"),
        "took": translate(language, "{seconds} s"),
        "copy": translate(language, "Copy answer"),
        "copied": translate(language, "Copied"),
        # Rating
        "up": translate(language, "Good answer"),
        "down": translate(language, "Bad answer"),
        "reason": translate(language, "What was wrong?"),
        **{f"reason_{code}": words for code, words in reasons(language)},
        "comment": translate(language, "In your own words (optional)"),
        "reason_send": translate(language, "Send reason"),
        "reason_skip": translate(language, "Close"),
        "thanks": translate(language, "Thank you. That helps."),
        "vote_lost": translate(language, "Your rating was not saved. {error}"),
        # Consent
        "consent": translate(language, "May your questions be used to improve the assistant?"),
        "consent_note": translate(language, "Personal data is removed first, and you can change your mind at any time."),
        "yes": translate(language, "Yes"),
        "no": translate(language, "No"),
        "consent_yes": translate(language, "Thank you. Your questions may be used."),
        "consent_no": translate(language, "All right. Your questions will not be used."),
        "consent_unasked": translate(language, "You have not decided yet. Until you do, your questions are not used."),
        "consent_link": translate(language, "Use of my questions"),
        # Trouble
        "retry": translate(language, "Try again"),
        "edit": translate(language, "Edit question"),
        "offline": translate(language, "The assistant cannot be reached. Check that it runs, then try again."),
        "broken": translate(language, "The connection was lost before the answer was complete."),
        # The access token
        "token_title": translate(language, "Access token"),
        "token_note": translate(language, "Whoever runs this assistant can give you its access token."),
        "token_send": translate(language, "Continue"),
        "token_wrong": translate(language, "That is not the right token."),
        "close": translate(language, "Close"),
    }


@cache
def _template() -> Template:
    return Template((Path(__file__).parent / "playground.html").read_text(encoding="utf-8"))
