"""Text as both databases keep it."""


def clean_text(text: str) -> str:
    """Return *text* as a database keeps it: whatever UTF-8 or PostgreSQL cannot hold (lone surrogates, NULs) as U+FFFD."""
    text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # a pair of surrogates becomes its character
    return text
