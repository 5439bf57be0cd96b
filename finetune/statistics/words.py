"""The words of statistics, in the language of their reader."""

from collections.abc import Mapping
from typing import Final

from bot.texts import N_, translate
from finetune.report_numbers import Numbers
from finetune.report_words import LANGUAGE_NAMES
from finetune.statistics.balance import FEW, Category, Lack
from finetune.statistics.counting import Measure
from store.rights import REFUSALS

MEASURE_NAMES: Final[Mapping[Measure, str]] = {
    "question_characters": N_("Questions, characters"),
    "answer_characters": N_("Answers, characters"),
    "question_tokens": N_("Questions, tokens"),
    "answer_tokens": N_("Answers, tokens"),
    "row_tokens": N_("Whole rows, tokens"),
}
_LACKS: Final[Mapping[Lack, str]] = {
    "few": N_("{rows} rows, fewer than {least}"),
    "one_source": N_("{share} from one source ({name})"),
    "one_language": N_("{share} in one language ({name})"),
    "one_verdict": N_("{share} with the same thumb"),
    "one_answer": N_("{share} with the same answer"),
}
_WORDS: Final[Mapping[str, str]] = {
    "over": N_("Training rows in figures"),
    "rows": N_("Rows"),
    "tokens": N_("Tokens"),
    "broken_note": N_("{count} more could not be read"),
    "all_read": N_("all of them could be read"),
    "tokens_note": N_("half of the rows have at most {median}"),
    "lacking": N_("Categories to look at"),
    "lacking_note": N_("of {count}"),
    "no_categories": N_("no row names a category"),
    "refused": N_("Refused by the export"),
    "refused_note": N_("for {count} reasons"),
    "no_manifest": N_("no export's manifest lies beside the file"),
    "balance": N_("Too few, or one-sided"),
    "balance_note": N_(
        "A category has too few rows below {least}. It is one-sided where nine of ten rows have the same source, language or thumb and "
        "the other categories do not, or where every other row has the same answer."
    ),
    "balanced": N_("No category stands out."),
    "category": N_("Category"),
    "what": N_("What is wrong"),
    "files": N_("Files"),
    "file": N_("File"),
    "format": N_("Format"),
    "unread": N_("Unreadable"),
    "languages": N_("Languages"),
    "language": N_("Language"),
    "unknown_language": N_("Language unknown"),
    "sources": N_("Sources"),
    "source": N_("Source"),
    "categories": N_("Categories"),
    "none": N_("(none)"),
    "others": N_("{count} others"),
    "share": N_("Share"),
    "topics": N_("Topics"),
    "topic": N_("Topic"),
    "topics_note": N_("Questions grouped by what they mean: {count} of {of}, drawn by chance."),
    "topics_all": N_("Questions grouped by what they mean: all {count}."),
    "example": N_("Such as"),
    "questions": N_("Questions"),
    "lengths": N_("Lengths"),
    "lengths_note": N_("Within one hundredth. The last bar of a plot gathers the longest hundredth."),
    "shortest": N_("Shortest"),
    "median": N_("Median"),
    "mean": N_("Mean"),
    "longest": N_("Longest"),
    "refusals": N_("What the export refused"),
    "reason": N_("Reason"),
    "by_hand": N_("Read these by hand"),
    "by_hand_note": N_(
        "{count} rows, drawn by chance from every source and category; those decided on before are left out. Choose, save, then run the "
        "command below: decisions are kept, and this page made anew shows other rows."
    ),
    "nothing_left": N_("Every row was decided on."),
    "accept": N_("Accept"),
    "drop": N_("Drop"),
    "decision": N_("Decision"),
    "before": N_("Said before"),
    "line": N_("line {line}"),
    "save": N_("Save the decisions"),
    "decided": N_("decided"),
}


def words(language: str) -> dict[str, str]:
    """Return every word of the page, by name; those with placeholders are filled in by the page."""
    return {name: translate(language, word) for name, word in _WORDS.items()}


def language_name(code: str, language: str) -> str:
    """Return what the language with this code is called; of an empty one that it is not known."""
    known = LANGUAGE_NAMES.get(code) if code else _WORDS["unknown_language"]
    return translate(language, known) if known else code


def refusal_words(reason: str, count: int, language: str) -> str:
    """Say in a sentence's end how many rows were refused and why."""
    known = {str(each): wording for each, wording in REFUSALS.items()}
    return translate(language, known[reason], count=count) if reason in known else f"{count} {reason}"


def lack_words(lack: Lack, category: Category, language: str) -> str:
    """Say what is wrong with *category*."""
    numbers = Numbers(language)
    name, count = "", category.rows
    match lack:
        case "one_source":
            name, count = category.sources.ranked()[0]
        case "one_language":
            code, count = category.languages.ranked()[0]
            name = language_name(code, language)
        case "one_verdict":
            count = max(category.verdicts.values())
        case "one_answer":
            count = category.answers.most
        case "few":
            pass
    of = category.verdicts.total() if lack == "one_verdict" else category.rows
    share = numbers.percent(count / of)
    return translate(language, _LACKS[lack], rows=numbers.decimal(category.rows, 0), least=FEW, share=share, name=name)
