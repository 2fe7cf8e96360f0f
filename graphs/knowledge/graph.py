"""A knowledge graph: facts (head, relation, tail) with the names of entities and relations.

Questions are asked in one direction only, "head, relation, ?": relation r + R is the inverse of relation r, and the
question "?, r, tail" is "tail, r + R, ?".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeAlias

import torch
from torch import Tensor

Fact: TypeAlias = tuple[str, str, str]
"""Head, relation, tail."""

Part: TypeAlias = Literal["train", "valid", "test"]


@dataclass(frozen=True, slots=True)
class KnowledgeGraph:
    """n entities, R relations, and facts in three parts.

    Attributes:
        entities: n names.
        relations: R names.
        train, valid, test: (m, 3) integers: head, relation, tail. Only `train` is known to a model.
    """

    entities: tuple[str, ...]
    relations: tuple[str, ...]
    train: Tensor
    valid: Tensor
    test: Tensor

    @classmethod
    def of(cls, train: Iterable[Fact], valid: Iterable[Fact] = (), test: Iterable[Fact] = ()) -> KnowledgeGraph:
        """The graph of facts in names; entities and relations are numbered in alphabetical order.

        Raises:
            ValueError: no fact to learn from, or a fact that is there twice.
        """
        parts = [list(part) for part in (train, valid, test)]
        facts = [fact for part in parts for fact in part]
        if not parts[0]:
            raise ValueError("train holds no fact; expected some (head, relation, tail)")
        seen: set[Fact] = set()
        for fact in facts:
            if fact in seen:
                raise ValueError(f"the fact {' '.join(fact)} twice; expected each once, and in one part only")
            seen.add(fact)
        entities = sorted({name for head, _, tail in facts for name in (head, tail)})
        relations = sorted({relation for _, relation, _ in facts})
        number = {name: place for place, name in enumerate(entities)}
        kind = {name: place for place, name in enumerate(relations)}
        tensors = (torch.tensor([(number[h], kind[r], number[t]) for h, r, t in part]).view(-1, 3) for part in parts)
        return cls(tuple(entities), tuple(relations), *(tensor.long() for tensor in tensors))

    @property
    def num_entities(self) -> int:
        return len(self.entities)

    @property
    def num_relations(self) -> int:
        """R, without the inverses."""
        return len(self.relations)

    def both_ways(self, part: Part = "train") -> Tensor:
        """(2m, 3): the facts of a part, then their inverses (tail, r + R, head)."""
        facts: Tensor = getattr(self, part)
        head, relation, tail = facts.unbind(1)
        return torch.cat([facts, torch.stack([tail, relation + self.num_relations, head], 1)])

    def inverse(self, relation: int) -> int:
        """The inverse of a relation or of an inverse."""
        return (relation + self.num_relations) % (2 * self.num_relations)

    def numbers_of(self, fact: Fact) -> tuple[int, int, int]:
        """A fact in numbers.

        Raises:
            ValueError: there is no such entity or relation; the nearest one is proposed.
        """
        head, relation, tail = fact
        return (
            _place(self.entities, head, "entity"),
            _place(self.relations, relation, "relation"),
            _place(self.entities, tail, "entity"),
        )

    def names(self, facts: Tensor) -> list[Fact]:
        """(m, 3) -> the facts in names; those of inverse relations are turned round."""
        return [self.names_of(row) for row in facts.tolist()]

    def names_of(self, fact: Sequence[int]) -> Fact:
        """A fact in names; that of an inverse relation is turned round."""
        head, relation, tail = fact
        if relation >= self.num_relations:
            head, relation, tail = tail, self.inverse(relation), head
        return self.entities[head], self.relations[relation], self.entities[tail]


def _place(names: Sequence[str], wanted: str, what: str) -> int:
    if wanted in names:
        return names.index(wanted)
    near = get_close_matches(wanted, names, 1)
    mend = f"did you mean {near[0]!r}?" if near else f"there are {len(names):,}, such as {names[0]!r}"
    raise ValueError(f"no {what} {wanted!r}; {mend}")
