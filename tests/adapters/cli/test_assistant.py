"""The index taken along while documents are imported."""

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest

from adapters.cli.assistant import following
from adapters.cli.output import Output
from bot.settings import read_settings

_MANY = 100


def test_an_interruption_while_the_index_catches_up_leaves_nothing_running(home: Path, tmp_path: Path) -> None:
    """Ctrl-C after the last document was read ended in a page of a program's own errors, because the index went on without its encoder."""
    (tmp_path / "docs").mkdir()
    for number in range(_MANY):
        (tmp_path / "docs" / f"{number}.md").write_text(f"# Página {number}\n\nA página {number} diz {number}.\n")
    opening = following(read_settings(home=home), Output("en", as_json=False), unread=lambda _: None)
    written = asyncio.Event()
    complaints: list[dict[str, Any]] = []

    async def importing() -> None:
        async with opening as library:
            await library.knowledge.add([tmp_path / "docs"], audience="employees", max_file_mb=1)
            written.set()

    async def interrupted() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        task = asyncio.create_task(importing())
        await written.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}
        del task
        gc.collect()  # asyncio complains of what nobody looked at once it is thrown away

    asyncio.run(interrupted())

    assert complaints == []
