"""A fold over trees with learned functions: the greatest label in a tree, from trees and answers alone.

    python examples/learned_fold.py [--steps 300] [--seed 0]

The recursion is written in a definition file; what to do with a label, with a node and with the multiset of its
children's vectors is learned, through the runs. The children are put together once by their sum, once by a learned
commutative operator, applied in a balanced tree (Ong and Velickovic, "Learnable commutative monoids for graph neural
networks", LoG 2022). Both are tested on trees ten times larger than those of the training.
"""

from __future__ import annotations

import argparse
import random

import torch
from torch import Tensor, nn

import nesy
from nesy.terms import Term

WIDTH, LABELS = 32, 10

PROGRAM = f"""%recursion
type tree = Tree(int, seq(tree))

learned label : int -> vector({WIDTH})
learned pool : seq(vector({WIDTH})) -> vector({WIDTH})
learned join : vector({WIDTH}), vector({WIDTH}) -> vector({WIDTH})

encode : tree -> vector({WIDTH})
encode(Tree(n, children)) = join(label(n), pool(each(children)))

each([])        = []
each([t] ++ ts) = [encode(t)] ++ each(ts)
"""


class Sum(nn.Module):
    """The sum of the vectors of each segment."""

    def forward(self, x: Tensor, index: Tensor, dim_size: int) -> Tensor:
        return x.new_zeros(dim_size, x.shape[1]).index_add(0, index, x)


class Commutative(nn.Module):
    """A learned commutative operator, applied to the vectors of each segment in a balanced tree."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(WIDTH, WIDTH)
        self.empty = nn.Parameter(torch.zeros(WIDTH))

    def forward(self, x: Tensor, index: Tensor, dim_size: int) -> Tensor:
        while len(index) > len(index.unique()):  # join neighbours: first with second, third with fourth, ...
            first = torch.searchsorted(index, index)  # where each one's segment begins
            odd = (torch.arange(len(index)) - first) % 2 == 1
            left, right = x[torch.nonzero(odd).squeeze(1) - 1], x[odd]
            joined = x.clone()
            joined[torch.nonzero(odd).squeeze(1) - 1] = (self.cell(left, right) + self.cell(right, left)) / 2
            x, index = joined[~odd], index[~odd]
        return self.empty.expand(dim_size, -1).index_copy(0, index, x)


class Join(nn.Module):
    """A node's own vector with that of its children."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.Tanh())

    def forward(self, own: Tensor, below: Tensor) -> Tensor:
        return self.layers(torch.cat([own, below], dim=1))


def tree(size: int, rng: random.Random) -> tuple[Term, int]:
    """A random tree of so many nodes with its greatest label; small trees have small labels as often as large ones."""
    limit = rng.randrange(LABELS)
    labels = [rng.randint(0, limit) for _ in range(size)]
    children: list[list[int]] = [[] for _ in range(size)]
    for node in range(1, size):
        children[rng.randrange(node)].append(node)
    made: dict[int, Term] = {}
    for node in reversed(range(size)):
        made[node] = Term("Tree", (labels[node], tuple(made[child] for child in children[node])))
    return made[0], max(labels)


def accuracy(model: nn.ModuleDict, size: int, seed: int) -> float:
    """The share of 200 random trees of a size whose greatest label is found."""
    rng = random.Random(seed)
    trees, answers = zip(*(tree(size, rng) for _ in range(200)), strict=True)
    with torch.no_grad():
        scores = model["head"](model["encoder"]("encode", [(t,) for t in trees]))
    return (scores.argmax(1) == torch.tensor(answers)).float().mean().item()


def train(pool: nn.Module, steps: int, seed: int) -> nn.ModuleDict:
    """Train the learned functions together on trees of one to eight nodes."""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    encoder = nesy.Bound(nesy.program(text=PROGRAM), label=nn.Embedding(LABELS, WIDTH), pool=pool, join=Join())
    model = nn.ModuleDict({"encoder": encoder, "head": nn.Linear(WIDTH, LABELS)})
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(steps):
        trees, answers = zip(*(tree(rng.randint(1, 8), rng) for _ in range(64)), strict=True)
        scores = model["head"](encoder("encode", [(t,) for t in trees]))
        loss = nn.functional.cross_entropy(scores, torch.tensor(answers))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(f"greatest label of a tree, {options.steps} steps on trees of 1 to 8 nodes, seed {options.seed}")
    print(f"{'children by':22}{'8 nodes':>10}{'20 nodes':>10}{'80 nodes':>10}")
    for name, pool in (("sum", Sum), ("commutative operator", Commutative)):
        torch.manual_seed(options.seed)
        model = train(pool(), options.steps, options.seed)
        print(f"{name:22}" + "".join(f"{accuracy(model, size, 1):10.1%}" for size in (8, 20, 80)), flush=True)


if __name__ == "__main__":
    main()
