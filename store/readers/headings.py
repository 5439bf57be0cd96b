"""The path of headings above a block."""

_LONGEST = 1000


class Headings:
    """Follows a document's headings; the title itself is no part of the path, because every passage carries it already."""

    def __init__(self, title: str) -> None:
        """Start with the document's *title*, or empty to take the first heading."""
        self.title = title
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, words: str) -> None:
        """Note a heading of *level* (1 is the highest)."""
        self._open = [heading for heading in self._open if heading[0] < level]
        self.title = self.title or words
        if words and words != self.title:
            self._open.append((level, words))

    @property
    def path(self) -> str:
        """The headings above, joined by " > "."""
        return " > ".join(words for _, words in self._open)[:_LONGEST]
