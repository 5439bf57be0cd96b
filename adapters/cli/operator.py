"""Who works at this terminal."""

import asyncio
import getpass


async def operator_name() -> str:
    """Return the user's name; containers may have users without one."""
    try:
        return await asyncio.to_thread(getpass.getuser)
    except (OSError, KeyError):
        return "operator"
