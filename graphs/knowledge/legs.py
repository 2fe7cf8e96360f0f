"""The facts of a knowledge graph as legs of paths: pairs of entities, each with the relations from one to the other.

Facts are taken in both directions; those from an entity to itself are no legs, so what stands between two entities is
neither of them.

Shapes: n entities, R relations, p ordered pairs, f facts (each fact of the graph is two).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from graphs.knowledge.graph import KnowledgeGraph
from graphs.rows import members, starts


class Legs(nn.Module):
    """The training facts of a graph, sorted by head and tail; buffers, so that they are where the model is.

    Attributes:
        relation: (f,) of every fact; inverses from R on.
        pair: (f,) its pair, ascending.
        keys: (p,) ascending: head * n + tail of every pair.
        tail: (p,) of every pair.
    """

    relation: Tensor
    pair: Tensor
    keys: Tensor
    tail: Tensor
    first: Tensor
    facts_of: Tensor

    def __init__(self, graph: KnowledgeGraph) -> None:
        super().__init__()
        self.num_entities, self.num_relations = graph.num_entities, graph.num_relations
        facts = graph.both_ways()
        head, relation, tail = facts[facts[:, 0] != facts[:, 2]].unbind(1)
        keys, place = (head * graph.num_entities + tail).unique(return_inverse=True)
        order = (place * 2 * graph.num_relations + relation).argsort()
        self._keep("relation", relation[order])
        self._keep("pair", place[order])
        self._keep("keys", keys)
        self._keep("tail", keys % graph.num_entities)
        self._keep("first", starts(keys // graph.num_entities, graph.num_entities))
        self._keep("facts_of", starts(place[order], len(keys)))

    def _keep(self, name: str, tensor: Tensor) -> None:
        self.register_buffer(name, tensor.contiguous(), persistent=False)

    def start_at(self, entities: Tensor) -> tuple[Tensor, Tensor]:
        """(m,) places in (k,) entities, and (m,) the pairs that start there."""
        return members(self.first, entities)

    def find(self, heads: Tensor, tails: Tensor) -> tuple[Tensor, Tensor]:
        """(m,) which of (k,) heads and tails are a pair, and (m,) which pair."""
        wanted = heads * self.num_entities + tails
        place = torch.searchsorted(self.keys, wanted).clamp(max=max(len(self.keys) - 1, 0))
        found = (self.keys[place] == wanted).nonzero()[:, 0] if len(self.keys) else wanted[:0]
        return found, place[found]

    def facts_in(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """(m,) places in (k,) pairs, and (m,) their facts."""
        return members(self.facts_of, pairs)

    def counts(self, batch: int = 64) -> tuple[Tensor, Tensor]:
        """(2R,) and (2R, 2R): how many pairs of different entities have a relation, or a path of two, between them.

        Args:
            batch: entities at a time where paths begin.
        """
        relations = 2 * self.num_relations
        paths = self.tail.new_zeros(relations * relations)
        for heads in torch.arange(self.num_entities, device=self.tail.device).split(batch):
            place, out = self.start_at(heads)
            step, on = self.start_at(self.tail[out])
            away = self.tail[on] != heads[place[step]]
            step, on = step[away], on[away]
            one, first = self.facts_in(out[step])
            two, second = self.facts_in(on[one])
            kinds = self.relation[first[two]] * relations + self.relation[second]
            path = one[two]
            ends = place[step[path]] * self.num_entities + self.tail[on[path]]
            distinct = (kinds * (len(heads) * self.num_entities) + ends).unique()
            paths += (distinct // (len(heads) * self.num_entities)).bincount(minlength=len(paths))
        return self.relation.bincount(minlength=relations), paths.view(relations, relations)

    def added(self, per_relation: Tensor, pairs: Tensor) -> Tensor:
        """(2R, c), (k,) pairs -> (k, c): the sum over the relations of each pair."""
        place, fact = self.facts_in(pairs)
        total = per_relation.new_zeros(len(pairs), per_relation.size(1))
        return total.index_add(0, place, per_relation[self.relation[fact]])
