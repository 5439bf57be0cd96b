"""Text that was read in the wrong encoding ("nÃ£o" for "não"), mended where that is certain."""

import re

# What UTF-8 looks like when it is read as Windows-1252 or Latin-1.
_SIGN = re.compile("[ÂÃâÅÐÑï][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
_LAYERS = 3  # wrongly read more often than this, nothing is left to mend


def mended(text: str) -> str:
    """Return *text* with its damaged characters as they were meant; a text without damage as it is."""
    for _ in range(_LAYERS):
        if not _SIGN.search(text):
            break
        import ftfy  # loaded only where there is damage

        whole = ftfy.fix_encoding(text)
        if whole == text:
            break
        text = whole
    return text
