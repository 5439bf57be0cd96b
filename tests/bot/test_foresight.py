"""What a question would be answered from by now, as the engine would decide it."""

import pytest

from bot.confidence import WEIGHTS
from bot.foresight import Foresight
from bot.messages import Approved, Viewer
from bot.settings import AnswersSettings, Settings
from tests.fakes.retriever import ScriptedRetriever, passage
from tests.store.ledger_rows import NOW

EMPLOYEES = Viewer("employees")
BADGE = passage("O crachá fica na recepção.", source="cracha.md")
SURE = {name: usual for name, (usual, _) in WEIGHTS.items()}
UNSURE = SURE | {"exchanged": 1.0}
SHIPPED, DARING, STRICT = (Settings(answers=AnswersSettings(minimum_confidence=least)) for least in (None, 0.0, 1.0))
PORTUGUESE = Settings(language="pt_BR")


@pytest.mark.parametrize(
    ("evidence", "settings", "basis"),
    [(SURE, SHIPPED, "cracha.md"), (UNSURE, SHIPPED, None), (UNSURE, DARING, "cracha.md"), (SURE, STRICT, None)],
)
async def test_what_the_engine_would_decline_rests_on_nothing(evidence: dict[str, float], settings: Settings, basis: str | None) -> None:
    """By the operator's threshold; passages that are hardly about the question serve where the evidence is enough all the same."""
    for retriever in (ScriptedRetriever({"crachá": (BADGE,)}), ScriptedRetriever()):
        retriever.closest, retriever.evidence = (BADGE,), evidence
        found = await Foresight(retriever, settings).basis("Onde retiro o crachá?", viewer=EMPLOYEES, earlier=("Perdi o meu.",))

        assert (found and found.source) == basis
        assert retriever.asked == [("Onde retiro o crachá?", EMPLOYEES, ("Perdi o meu.",))]


async def test_nothing_found_is_no_basis() -> None:
    """Where nobody looked there is no evidence to judge by."""
    assert await Foresight(ScriptedRetriever(), SHIPPED).basis("Onde retiro o crachá?", viewer=EMPLOYEES) is None


async def test_an_approved_answer_is_named_by_its_question_and_keeps_its_scope() -> None:
    """Whoever may not know of it must be told apart."""
    known = Approved("A1", "Onde fica o crachá?", "Na recepção.", "employees", "ana", NOW, scope="group:rh")
    retriever = ScriptedRetriever(approved={"crachá": known})
    viewer = Viewer("employees", ("group:rh",))
    found = await Foresight(retriever, PORTUGUESE).basis("Onde retiro o crachá de [PERSON_7]?", viewer=viewer)

    assert found is not None
    assert (found.source, found.text, found.scope) == ("Resposta aprovada: Onde fica o crachá?", "Na recepção.", "group:rh")
    assert retriever.asked[0][0] == "Onde retiro o crachá de [PERSON_1]?"
