"""The report's own words, in the language of its reader."""

from collections.abc import Mapping
from typing import Final

from bot.texts import N_, translate

KIND_NAMES: Final[Mapping[str, str]] = {
    "down": N_("Voted down or corrected"),
    "up": N_("Liked"),
    "imported": N_("Imported, with a known answer"),
    "golden": N_("Golden"),
    "plain": N_("Other questions"),
}
LANGUAGE_NAMES: Final[Mapping[str, str]] = {"en": N_("English"), "pt": N_("Portuguese"), "es": N_("Spanish")}
VERDICT_NAMES: Final[Mapping[str, str]] = {
    "lost": N_("Lost"),
    "fixed": N_("Fixed"),
    "bad": N_("Still not good"),
    "good": N_("Good before and now"),
}


_WORDS: Final[Mapping[str, str]] = {
    "title": N_("Is it better?"),
    "report": N_("Evaluation report"),
    "promoted": N_("Passes the gate"),
    "refused": N_("Does not pass the gate"),
    "about": N_("{count} held-out questions, asked of both on the same passages. Model: {model}. Audience: {audience}."),
    # The figures that matter
    "fixed": N_("Fixed"),
    "fixed_note": N_("{count} of {of} voted down or corrected: not good before, good now"),
    "fixed_note_imported": N_("{count} of {of} voted down, corrected or imported: not good before, good now"),
    "lost": N_("Lost"),
    "lost_note": N_("{count} of {of} liked: good before, not good now"),
    "golden": N_("Golden questions"),
    "golden_note": N_("pass; the operator demands all"),
    "good": N_("Good answers"),
    "good_note": N_("with passages; before {before}"),
    "none": N_("none asked"),
    # The decision
    "decision": N_("The decision"),
    "speaks_for": N_("Speaks for it"),
    "speaks_against": N_("Speaks against it"),
    # The comparison
    "difference": N_("What changed, with passages"),
    "difference_note": N_(
        "Share of good answers before and after, and the difference in percentage points with its 95% interval "
        "(paired bootstrap, 10,000 resamples). An interval that does not touch the middle line is no accident.",
    ),
    "questions": N_("Questions"),
    "before": N_("Before"),
    "after": N_("After"),
    "difference_points": N_("Difference"),
    "interval": N_("95% interval"),
    "all_questions": N_("All questions"),
    "unknown_language": N_("Language unknown"),
    "other_arms": N_("The same as served, and without passages"),
    # The systems
    "systems": N_("All systems side by side"),
    "measure": N_("Measure"),
    "arm_alone": N_("alone"),
    "arm_passages": N_("with passages"),
    "arm_full": N_("as served"),
    "facts": N_("Facts contained"),
    "f1": N_("Token F1"),
    "rouge_l": N_("ROUGE-L"),
    "similarity": N_("Similarity of meaning"),
    "perplexity": N_("Perplexity of the reference"),
    "declined_right": N_("Declined rightly"),
    "declined_wrong": N_("Declined wrongly"),
    "first_token": N_("First token, p50 / p95"),
    "total": N_("Whole answer, p50 / p95"),
    "tokens": N_("Tokens an answer"),
    "prompt_tokens": N_("Tokens read for it"),
    "consistent": N_("Alike in all phrasings"),
    "cost": N_("Cost of an answer"),
    "cut": N_("Cut at the limit"),
    "ceiling": N_(
        "Retrieval ceiling: the answer stands in the best passage for {best} of the questions, in one of those given for {given}.",
    ),
    # The training
    "training": N_("The training"),
    "training_note": N_(
        "Epochs: {epochs}, the best: {best}; {tokens} tokens in {seconds} s ({cpu} s of processor time), {precision}.",
    ),
    "curves": N_("Loss by training step"),
    "training_loss": N_("training loss"),
    "validation_loss": N_("validation loss"),
    "step": N_("step"),
    # Answer by answer
    "changes": N_("Every changed answer"),
    "changes_note": N_("{count} of {of} answers with passages read differently now; new words are marked."),
    "no_changes": N_("Not one answer changed."),
    "show": N_("Show"),
    "everything": N_("All"),
    "reference": N_("Reference"),
    "must_contain": N_("Must contain"),
    "must_decline": N_("Must be declined"),
    "is_good": N_("good"),
    "is_bad": N_("not good"),
    "passages": N_("Passages given"),
    "nothing_found": N_("Nothing was found."),
    "empty": N_("(no answer)"),
    # How it was measured
    "method": N_("How this was measured"),
    "method_asked": N_(
        "Nobody trained on these questions. Each was looked up once; both contenders got the same passages in the same order, from one "
        "index that did not change, in which corrections stand as passages. Approved answers were not served word for word.",
    ),
    "method_arms": N_(
        "“Alone” is the bare question; “with passages” lets the model always speak; “as served” keeps only what the passages support, "
        "and quotes the best passage where the model does not speak the language.",
    ),
    "method_limits": N_(
        "Answers were greedy. With passages they were cut at {tokens} tokens, alone at {alone}: a small model rambles, and what comes "
        "later makes no answer better. Perplexity was measured on a part of the questions.",
    ),
    "method_good": N_(
        "“Good” means: contains every fact demanded; or, where only a reference is known, every number and code of it in words close "
        "enough to it; or declines where it must.",
    ),
    "lineage": N_("Where it comes from"),
}


def words(language: str) -> dict[str, str]:
    """Return every word of the page, by name; those with placeholders are filled in by the page."""
    return {name: translate(language, word) for name, word in _WORDS.items()}
