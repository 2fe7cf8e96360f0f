"""A trained model with its knowledge graph in one safetensors file, safe to load from strangers."""

from __future__ import annotations

import os

from graphs.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from graphs.knowledge.factors import ComplEx, DistMult, Factors
from graphs.knowledge.graph import KnowledgeGraph
from graphs.knowledge.ncn import KnowledgeNCN

KIND = "knowledge"
PARTS = ("train", "valid", "test")
FACTORS: dict[str, type[Factors]] = {"DistMult": DistMult, "ComplEx": ComplEx}


def save_model(path: str | os.PathLike[str], model: Factors | KnowledgeNCN, graph: KnowledgeGraph) -> None:
    """Write a model and its graph; the file is replaced at once or not at all."""
    ends = model.base if isinstance(model, KnowledgeNCN) else model
    header = {
        "entities": list(graph.entities),
        "relations": list(graph.relations),
        "ends": type(ends).__name__,
        "factors": ends.entities.size(1),
        "channels": model.first.size(1) if isinstance(model, KnowledgeNCN) else None,
    }
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    tensors |= {f"graph.{part}": getattr(graph, part) for part in PARTS}
    save_checkpoint(path, KIND, header, tensors)


def load_model(path: str | os.PathLike[str]) -> tuple[Factors | KnowledgeNCN, KnowledgeGraph]:
    """The model, in evaluation mode and on the CPU, and its graph.

    Raises:
        CheckpointError: the file is no such checkpoint, or was changed.
        OSError: it cannot be read.
    """
    header, tensors = load_checkpoint(path, KIND)
    try:
        parts = (tensors[f"graph.{part}"] for part in PARTS)
        graph = KnowledgeGraph(tuple(header["entities"]), tuple(header["relations"]), *parts)
        model: Factors | KnowledgeNCN
        model = ends = FACTORS[header["ends"]](graph.num_entities, graph.num_relations, header["factors"])
        if header["channels"] is not None:
            model = KnowledgeNCN(graph, header["channels"], base=ends)
        weights = {name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")}
        model.load_state_dict(weights)
    except (KeyError, TypeError, ValueError, RuntimeError, IndexError) as error:
        raise CheckpointError(f"{os.fspath(path)}: holds no model of a knowledge graph ({error})") from None
    return model.eval(), graph
