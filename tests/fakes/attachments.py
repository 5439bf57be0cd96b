"""A reader of attachments that takes every UTF-8 text for one passage; for adapters' tests, where the reading itself does not matter."""

from bot.errors import BadDocument, CannotSee
from bot.messages import Passage
from bot.ports import AttachmentReader


class PlainAttachments(AttachmentReader):
    """Reads text, refuses pictures (`.png`, `.jpg`) and what is not UTF-8; `names` are those it was asked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def read(self, name: str, content: bytes) -> tuple[Passage, ...]:
        """See the port."""
        self.names.append(name)
        if name.endswith((".png", ".jpg")):
            raise CannotSee(name=name)
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise BadDocument(name=name, problem="it holds binary data, not text") from error
        return (Passage(f"attachment-{len(self.names)}", name, name, "", text, "employees"),)
