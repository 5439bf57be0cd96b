"""What of an erased person can still be read in a home's files."""

from pathlib import Path

from adapters.compose import open_services
from adapters.erasing import erasure_beside
from tests.adapters.composing import quick
from tests.adapters.round_home import settings_of, write_home
from tests.benchmarks.result import Result, at_most
from tests.erased_company import PEOPLE, Traffic, found_under, tokens, user_of

GONE = PEOPLE[0]


async def erased(workdir: Path) -> Result:
    """
    Count the readings (a word in a file) left of a person who asked, rated, was corrected, exported and trained on, and was erased.

    The others' words must all still be there: each one lost counts, too. A home in which nothing was planted measures nothing.
    """
    write_home(workdir)
    async with open_services(quick(settings_of(workdir))) as services:
        traffic = Traffic(services, workdir)
        await traffic.run()
        await traffic.train()
        planted = {person: found_under(services.settings.home, tokens(person)) for person in PEOPLE}
        await erasure_beside(services).person(services.pseudonyms.of("slack", user_of(GONE)), retire=True)
        home = services.settings.home
        serving = found_under(home, tokens(GONE))
    left = {person: found_under(home, tokens(person)) for person in PEOPLE}
    if len(planted[GONE]) < len(left[PEOPLE[1]]):
        raise RuntimeError("nothing was planted")
    lost = sum(len(planted[person].keys() - left[person].keys()) for person in PEOPLE if person != GONE)
    readings = sum(map(len, serving.values())) + sum(map(len, left[GONE].values()))
    return at_most("erased", readings + lost, goal=0, unit="readings")
