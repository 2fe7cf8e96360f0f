"""Tensors on graphs, usable without `nesy`: aggregation, relational networks, links, vector search.

    from graphs import RecurrentRelationalNetwork

    network = RecurrentRelationalNetwork(in_channels=10, hidden_channels=96, out_channels=9, steps=32)
    logits = network(x, edge_index)             # (32, n, 9): the read-out of every node after every step

Names load when they are first used: torch is not imported before.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphs.aggregate.lcm import LCMAggregation
    from graphs.convert import Graph
    from graphs.forward.denoising import Denoising
    from graphs.forward.goodness import ForwardForward
    from graphs.forward.links import LinkPrediction
    from graphs.forward.schedule import Schedule
    from graphs.forward.single import SingleForward
    from graphs.forward.trainer import ForwardTrainer
    from graphs.index.exact import ExactIndex
    from graphs.index.hnsw import HNSWIndex
    from graphs.index.knn_graph import knn_graph
    from graphs.index.radius_graph import radius_graph
    from graphs.index.sharded import ShardedIndex
    from graphs.index.vector_index import VectorIndex
    from graphs.knowledge.factors import ComplEx, DistMult
    from graphs.knowledge.graph import KnowledgeGraph
    from graphs.knowledge.ncn import KnowledgeNCN
    from graphs.knowledge.ranking import evaluate_facts
    from graphs.knowledge.training import fit_facts
    from graphs.link.evaluate import evaluate_links
    from graphs.link.fit_links import fit_links
    from graphs.link.hard import hard_negatives
    from graphs.link.heuristics import AdamicAdar, CommonNeighbours, Katz, ResourceAllocation
    from graphs.link.ncn import NCN
    from graphs.link.ncnc import NCNC
    from graphs.link.near import candidate_links, likely_links, near_negatives
    from graphs.link.sampler import LinkSampler, Sampled
    from graphs.link.split import split_links
    from graphs.relational.constraint_graph import ConstraintGraph, Pools
    from graphs.relational.halting import settle
    from graphs.relational.network import RecurrentRelationalNetwork
    from graphs.relational.readout import GraphReadout
    from graphs.relational.values import ValueNetwork
    from graphs.relational.wiring import Wiring
    from graphs.sampling.neighbours import NeighbourSampler
    from graphs.training.fit import fit

__all__ = [
    "NCN",
    "NCNC",
    "AdamicAdar",
    "CommonNeighbours",
    "ComplEx",
    "ConstraintGraph",
    "Denoising",
    "DistMult",
    "ExactIndex",
    "ForwardForward",
    "ForwardTrainer",
    "Graph",
    "GraphReadout",
    "HNSWIndex",
    "Katz",
    "KnowledgeGraph",
    "KnowledgeNCN",
    "LCMAggregation",
    "LinkPrediction",
    "LinkSampler",
    "NeighbourSampler",
    "Pools",
    "RecurrentRelationalNetwork",
    "ResourceAllocation",
    "Sampled",
    "Schedule",
    "ShardedIndex",
    "SingleForward",
    "ValueNetwork",
    "VectorIndex",
    "Wiring",
    "candidate_links",
    "evaluate_facts",
    "evaluate_links",
    "fit",
    "fit_facts",
    "fit_links",
    "hard_negatives",
    "knn_graph",
    "likely_links",
    "near_negatives",
    "radius_graph",
    "settle",
    "split_links",
]

_HOMES = {
    "AdamicAdar": "graphs.link.heuristics",
    "CommonNeighbours": "graphs.link.heuristics",
    "ComplEx": "graphs.knowledge.factors",
    "ConstraintGraph": "graphs.relational.constraint_graph",
    "Denoising": "graphs.forward.denoising",
    "DistMult": "graphs.knowledge.factors",
    "ExactIndex": "graphs.index.exact",
    "ForwardForward": "graphs.forward.goodness",
    "ForwardTrainer": "graphs.forward.trainer",
    "Graph": "graphs.convert",
    "GraphReadout": "graphs.relational.readout",
    "HNSWIndex": "graphs.index.hnsw",
    "Katz": "graphs.link.heuristics",
    "KnowledgeGraph": "graphs.knowledge.graph",
    "KnowledgeNCN": "graphs.knowledge.ncn",
    "NCN": "graphs.link.ncn",
    "NCNC": "graphs.link.ncnc",
    "LCMAggregation": "graphs.aggregate.lcm",
    "LinkPrediction": "graphs.forward.links",
    "LinkSampler": "graphs.link.sampler",
    "NeighbourSampler": "graphs.sampling.neighbours",
    "Pools": "graphs.relational.constraint_graph",
    "RecurrentRelationalNetwork": "graphs.relational.network",
    "ResourceAllocation": "graphs.link.heuristics",
    "Sampled": "graphs.link.sampler",
    "Schedule": "graphs.forward.schedule",
    "SingleForward": "graphs.forward.single",
    "ShardedIndex": "graphs.index.sharded",
    "ValueNetwork": "graphs.relational.values",
    "VectorIndex": "graphs.index.vector_index",
    "Wiring": "graphs.relational.wiring",
    "candidate_links": "graphs.link.near",
    "evaluate_facts": "graphs.knowledge.ranking",
    "evaluate_links": "graphs.link.evaluate",
    "fit": "graphs.training.fit",
    "fit_facts": "graphs.knowledge.training",
    "fit_links": "graphs.link.fit_links",
    "hard_negatives": "graphs.link.hard",
    "knn_graph": "graphs.index.knn_graph",
    "likely_links": "graphs.link.near",
    "near_negatives": "graphs.link.near",
    "radius_graph": "graphs.index.radius_graph",
    "settle": "graphs.relational.halting",
    "split_links": "graphs.link.split",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
