"""What a round is made of: the export of the ledger and the folders of imported rows, read as one and divided once for ever."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.messages import Audience
from finetune.examples import Example, for_audience, question_in, with_splits
from finetune.export_reading import manifests_in, read_export
from finetune.import_reading import answered_in, name_of, read_import, trainable
from finetune.importing.manifest import Manifest
from finetune.statistics.decisions import ROW_DECISIONS
from store.clusters import Clusters
from store.splitting import Wanted

RATED, APPROVED = "rated", "approved"  # sources of rows that are no import


@dataclass(frozen=True, slots=True)
class Source:
    """Where examples come from: `RATED`, `APPROVED` or the name of an import, with the hash of its manifest and what was dropped of it."""

    name: str
    manifest_sha256: str
    rights: str = ""
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """What was read for an audience; `origin` changes with any of it."""

    origin: str
    examples: tuple[Example, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """
    Where it lies: the folder of `exports`, those of `imports`, and the file of `decisions` on rows that were read by hand.

    `system` gives the system text under which an audience is answered, for examples that have none. Call its methods off the event loop.
    """

    exports: Path
    imports: tuple[Path, ...]
    decisions: Path
    system: Callable[[Audience], str]

    def imports_for(self, audience: Audience) -> tuple[Manifest, ...]:
        """
        Return the imports that a version for *audience* may learn from.

        Raises:
            Refused: One of all imports cannot be trained on; the detail says why.
        """
        return tuple(each for each in self._manifests() if each.reach.audience in (audience, "all"))

    def rows_by_audience(self) -> Counter[Audience]:
        """Return how many imported rows there are whom for. Raises as `imports_for`."""
        found: Counter[Audience] = Counter()
        for manifest in self._manifests():
            found[manifest.reach.audience] += sum(manifest.rows[name] for name in answered_in(manifest))
        return found

    def origin(self, export_sha256: str, audience: Audience) -> str:
        """
        Return what tells one round from another: the hash of the export's manifest, with those of imports and dropped rows if any.

        Raises:
            Refused: As `imports_for`.
            Misconfigured: The decisions cannot be read.
        """
        return _origin(export_sha256, self.imports_for(audience), self._dropped())

    def read(self, audience: Audience) -> Read:
        """
        Read the newest export, and every import.

        Raises:
            Refused: There is no export, or it or an import is not what its manifest names.
            Misconfigured: A file cannot be opened.
        """
        dropped, imports = self._dropped(), self.imports_for(audience)
        export = read_export(self.exports, dropped=dropped)
        sources = [Source(name, export.manifest_sha256, dropped=export.dropped if name == RATED else 0) for name in (RATED, APPROVED)]
        examples = list(for_audience(export.examples, audience))
        line = len(export.examples) + 1
        for manifest in imports:
            found = read_import(manifest, line=line, dropped=dropped)
            line += len(found.examples)
            examples += found.examples
            sources.append(Source(name_of(manifest), manifest.sha256, manifest.rights, found.dropped))
        served = self.system(audience)
        own = tuple(each if each.system or each.is_exchange else replace(each, system=served) for each in examples)
        return Read(_origin(export.manifest_sha256, imports, dropped), own, tuple(sources))

    def is_there(self) -> bool:
        """Tell whether anything was exported."""
        return bool(manifests_in(self.exports))

    def _manifests(self) -> list[Manifest]:
        once = {folder.resolve(): folder for folder in self.imports}
        return [trainable(folder) for folder in once.values()]

    def _dropped(self) -> frozenset[str]:
        return frozenset(key for key, said in ROW_DECISIONS.kept(self.decisions).items() if said == "drop")


async def divided(examples: Sequence[Example], clusters: Clusters, *, at: datetime) -> tuple[Example, ...]:
    """
    Return *examples* with the clusters and splits that the ledger has for them, or gives them now.

    The split that an import gave to a conversation counts for its first question, and one that comes later there is left out where it
    belongs elsewhere.

    Args:
        examples: Of an audience.
        clusters: The ledger's.
        at: When they are seen.
    """
    first = [_first_question(each) for each in examples]
    questions = [*(each.question for each in examples), *first]
    categories = [*(each.category for each in examples), *("" for _ in first)]
    none: list[Wanted] = ["" for _ in examples]
    assigned = await clusters.assign(questions, at=at, categories=categories, wanted=[*none, *(each.given for each in examples)])
    own, theirs = assigned[: len(examples)], assigned[len(examples) :]
    together = zip(with_splits(examples, own), theirs, strict=True)
    return tuple(each for each, conversation in together if not each.given or each.split == conversation.split)


def counted(examples: Sequence[Example], sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Return how many examples of each split came from where, as JSON; nothing of sources that gave none."""
    counts = Counter((_source_of(each), each.split) for each in examples)
    told = []
    for source in sources:
        rows = {split: counts[source.name, split] for split in ("train", "validation", "test")}
        if any(rows.values()) or source.dropped:
            facts = {"manifest_sha256": source.manifest_sha256, "rights": source.rights, "dropped": source.dropped}
            told.append({"name": source.name, **rows, **facts})
    return told


def _source_of(example: Example) -> str:
    return str(example.origin["import"]) if example.is_imported else RATED if example.is_exchange else APPROVED


def _first_question(example: Example) -> str:
    return question_in(example.history[0].content) if example.given and example.history else example.question


def _origin(export_sha256: str, imports: Sequence[Manifest], dropped: frozenset[str]) -> str:
    parts = [*(manifest.sha256 for manifest in imports), *sorted(dropped)]
    return hashlib.sha256("\n".join([export_sha256, *parts]).encode()).hexdigest() if parts else export_sha256
