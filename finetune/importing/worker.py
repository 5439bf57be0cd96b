"""One of the processes of `workers`, run as a module."""

from typing import IO

from finetune.importing.preparing import Options
from finetune.importing.workers import answering
from store.child import answer_each, received, run_child, send
from store.set_redaction import Redaction


def _serve(asked: IO[bytes], told: IO[bytes]) -> None:
    """Take the redaction with the options first, then what is asked."""
    redaction, options = received(asked) or (Redaction(), Options())
    answer = answering(redaction, options)
    send(told, "ready")
    answer_each(asked, told, answer)


if __name__ == "__main__":
    run_child(_serve)
