"""The report's own words, in the language of its reader."""

from collections.abc import Mapping
from typing import Final

from bot.texts import N_, translate

KIND_NAMES: Final[Mapping[str, str]] = {
    "down": N_("Voted down or corrected"),
    "up": N_("Liked"),
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


def words(language: str) -> dict[str, str]:
    """Return every word of the page, by name; those with placeholders are filled in by the page."""
    return {
        "title": translate(language, "Is it better?"),
        "report": translate(language, "Evaluation report"),
        "promoted": translate(language, "Passes the gate"),
        "refused": translate(language, "Does not pass the gate"),
        "about": translate(
            language, "{count} held-out questions, asked of both on the same passages. Model: {model}. Audience: {audience}."
        ),
        # The figures that matter
        "fixed": translate(language, "Fixed"),
        "fixed_note": translate(language, "{count} of {of} voted down or corrected: not good before, good now"),
        "lost": translate(language, "Lost"),
        "lost_note": translate(language, "{count} of {of} liked: good before, not good now"),
        "golden": translate(language, "Golden questions"),
        "golden_note": translate(language, "pass; the operator demands all"),
        "good": translate(language, "Good answers"),
        "good_note": translate(language, "with passages; before {before}"),
        "none": translate(language, "none asked"),
        # The decision
        "decision": translate(language, "The decision"),
        "speaks_for": translate(language, "Speaks for it"),
        "speaks_against": translate(language, "Speaks against it"),
        # The comparison
        "difference": translate(language, "What changed, with passages"),
        "difference_note": translate(
            language,
            "Share of good answers before and after, and the difference in percentage points with its 95% interval "
            "(paired bootstrap, 10,000 resamples). An interval that does not touch the middle line is no accident.",
        ),
        "questions": translate(language, "Questions"),
        "before": translate(language, "Before"),
        "after": translate(language, "After"),
        "difference_points": translate(language, "Difference"),
        "interval": translate(language, "95% interval"),
        "all_questions": translate(language, "All questions"),
        "unknown_language": translate(language, "Language unknown"),
        "other_arms": translate(language, "The same as served, and without passages"),
        # The systems
        "systems": translate(language, "All systems side by side"),
        "measure": translate(language, "Measure"),
        "arm_alone": translate(language, "alone"),
        "arm_passages": translate(language, "with passages"),
        "arm_full": translate(language, "as served"),
        "facts": translate(language, "Facts contained"),
        "f1": translate(language, "Token F1"),
        "rouge_l": translate(language, "ROUGE-L"),
        "similarity": translate(language, "Similarity of meaning"),
        "perplexity": translate(language, "Perplexity of the reference"),
        "declined_right": translate(language, "Declined rightly"),
        "declined_wrong": translate(language, "Declined wrongly"),
        "first_token": translate(language, "First token, p50 / p95"),
        "total": translate(language, "Whole answer, p50 / p95"),
        "tokens": translate(language, "Tokens an answer"),
        "cut": translate(language, "Cut at the limit"),
        "ceiling": translate(
            language,
            "Retrieval ceiling: the answer stands in the best passage for {best} of the questions, in one of those given for {given}.",
        ),
        # The training
        "training": translate(language, "The training"),
        "training_note": translate(
            language,
            "Epochs: {epochs}, the best: {best}; {tokens} tokens in {seconds} s ({cpu} s of processor time), {precision}.",
        ),
        "curves": translate(language, "Loss by training step"),
        "training_loss": translate(language, "training loss"),
        "validation_loss": translate(language, "validation loss"),
        "step": translate(language, "step"),
        # Answer by answer
        "changes": translate(language, "Every changed answer"),
        "changes_note": translate(language, "{count} of {of} answers with passages read differently now; new words are marked."),
        "no_changes": translate(language, "Not one answer changed."),
        "show": translate(language, "Show"),
        "everything": translate(language, "All"),
        "reference": translate(language, "Reference"),
        "must_contain": translate(language, "Must contain"),
        "must_decline": translate(language, "Must be declined"),
        "is_good": translate(language, "good"),
        "is_bad": translate(language, "not good"),
        "passages": translate(language, "Passages given"),
        "nothing_found": translate(language, "Nothing was found."),
        "empty": translate(language, "(no answer)"),
        # How it was measured
        "method": translate(language, "How this was measured"),
        "method_asked": translate(
            language,
            "Nobody trained on these questions. Each was looked up once; both contenders got the same passages in the same order, from one "
            "index that did not change, in which corrections stand as passages. Approved answers were not served word for word.",
        ),
        "method_arms": translate(
            language,
            "“Alone” is the bare question; “with passages” lets the model always speak; “as served” keeps only what the passages support, "
            "and quotes the best passage where the model does not speak the language.",
        ),
        "method_limits": translate(
            language,
            "Answers were greedy. With passages they were cut at {tokens} tokens, alone at {alone}: a small model rambles, and what comes "
            "later makes no answer better. Perplexity was measured on a part of the questions.",
        ),
        "method_good": translate(
            language,
            "“Good” means: contains every fact demanded; or, where only a reference is known, every number and code of it in words close "
            "enough to it; or declines where it must.",
        ),
        "lineage": translate(language, "Where it comes from"),
    }
