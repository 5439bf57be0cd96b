"""The moment after an acknowledgement: Slack waits 3 seconds for it, so the work it asks for begins behind it."""

import asyncio
from collections.abc import Callable


def after_acknowledgement(work: Callable[[], object]) -> None:
    """
    Call *work* when the task of the present delivery ends, which is when its acknowledgement has been sent.

    Both transports run each delivery as a task of its own: the SDK's for an envelope of the socket, uvicorn's for a request.
    """
    if task := asyncio.current_task():
        task.add_done_callback(lambda _: work())
