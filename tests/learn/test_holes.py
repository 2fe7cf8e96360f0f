"""Learned functions: what the batched run gives is what one run after the other would give, gradients too."""

import pytest
import torch
from torch import nn

from nesy.errors import InputError, Undefined
from nesy.learn.holes import Bound, Segments
from nesy.recursion.program import Program
from nesy.terms import Term, read_term

TEXT = """%recursion
type op = Plus | Times
type tree = Tree(int, seq(tree)) | Pair(op, tree, tree)
learned label : int -> vector(4)
learned join : vector(4), vector(4) -> vector(4)
learned pool : seq(vector(4)) -> vector(4)
learned apply : op, vector(4), vector(4) -> vector(4)
learned mixed : bool, seq(vector(4)), tree -> vector(4)

encode : tree -> vector(4)
encode(Tree(n, children)) = join(label(n), pool(each(encode, children)))
encode(Pair(o, l, r)) = apply(o, encode(l), encode(r))
each(f, []) = []
each(f, [t] ++ ts) = [f(t)] ++ each(f, ts)
whole(b, t) = mixed(b, [encode(t)], t)
size(t) = 1
"""


class Pool(nn.Module):
    def forward(self, x, index, dim_size):
        return x.new_zeros(dim_size, x.shape[1]).index_add(0, index, x)


class Join(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 4)
        self.batches = []

    def forward(self, a, b):
        self.batches.append(len(a))
        return torch.tanh(self.linear(torch.cat([a, b], -1)))


class Apply(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(2, 4))

    def forward(self, op, a, b):
        return a * self.weights[op] - b


class Mixed(nn.Module):
    def forward(self, flag, segments, trees):
        assert isinstance(segments, Segments)
        assert flag.dtype == torch.bool
        assert all(isinstance(tree, Term) for tree in trees)
        return segments.x * flag[:, None] + len(trees)


@pytest.fixture
def bound():
    torch.manual_seed(0)
    program = Program.load(text=TEXT)
    return Bound(program, label=nn.Embedding(10, 4), join=Join(), pool=Pool(), apply=Apply(), mixed=Mixed())


TREES = [
    read_term(text)
    for text in (
        "Tree(1, [])",
        "Tree(1, [Tree(2, []), Tree(3, [Tree(2, [])])])",
        "Pair(Plus, Tree(2, []), Pair(Times, Tree(0, []), Tree(1, [])))",
        "Tree(9, [Pair(Times, Tree(2, []), Tree(2, [])), Tree(9, [])])",
    )
]


def one(bound, tree):
    """The same by plain recursion, one tree at a time."""
    if tree.name == "Pair":
        op, left, right = tree.arguments
        number = torch.tensor([["Plus", "Times"].index(op.name)])
        return bound.module("apply")(number, one(bound, left), one(bound, right))
    number, children = tree.arguments
    below = sum((one(bound, child) for child in children), torch.zeros(1, 4))
    return bound.module("join")(bound.module("label")(torch.tensor([number])), below)


def test_a_batch_is_its_runs_one_by_one(bound):
    together = bound("encode", [(tree,) for tree in TREES])
    assert together.shape == (4, 4)
    together.square().sum().backward()
    found = {name: parameter.grad.clone() for name, parameter in bound.named_parameters() if parameter.grad is not None}
    bound.zero_grad()
    alone = torch.cat([one(bound, tree) for tree in TREES])
    torch.testing.assert_close(together, alone)
    alone.square().sum().backward()
    expected = {name: p.grad for name, p in bound.named_parameters() if p.grad is not None}
    assert found.keys() == expected.keys() == dict(bound.named_parameters()).keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient)


def test_calls_of_one_level_are_one_batch_and_equal_ones_one_call(bound):
    bound("encode", [(tree,) for tree in TREES])
    # the leaves 0, 1, 2 and 9 at once; 3 over 2, 9 over a pair, and 1 over both are each on a level of their own
    assert bound.module("join").batches == [4, 1, 1, 1]


def test_every_kind_of_argument(bound):
    found = bound("whole", [(True, TREES[0]), (False, TREES[1])])
    torch.testing.assert_close(found[0], one(bound, TREES[0])[0] + 1)
    torch.testing.assert_close(found[1], torch.ones(4))


def test_depth_is_data():
    program = Program.load(
        text="%recursion\ntype nat = O | S(nat)\n"
        "learned zero : nat -> vector(2)\nlearned next : vector(2) -> vector(2)\nf(O) = zero(O)\nf(S(n)) = next(f(n))\n"
    )
    deep = Term("O")
    for _ in range(3000):
        deep = Term("S", (deep,))

    class Zero(nn.Module):
        def forward(self, values):
            return torch.zeros(len(values), 2)

    class Next(nn.Module):
        def forward(self, x):
            return x + 1

    assert Bound(program, zero=Zero(), next=Next())("f", [(deep,)]).tolist() == [[3000.0, 3000.0]]


def test_what_is_refused(bound):
    program = bound.program
    modules = {name: bound.module(name) for name in program.definitions.learned}
    with pytest.raises(InputError, match="no module for join"):
        Bound(program, **{name: module for name, module in modules.items() if name != "join"})
    with pytest.raises(InputError, match="a module for other"):
        Bound(program, **modules, other=Pool())
    with pytest.raises(InputError, match="size gives no vector; expected encode"):
        bound("size", [(TREES[0],)])
    with pytest.raises(InputError, match="holds 3; expected tree"):
        bound("encode", [(3,)])
    with pytest.raises(InputError, match="encode with 2 arguments"):
        bound("encode", [(TREES[0], TREES[0])])
    with pytest.raises(InputError, match=r"the module label returned \(1, 3\); expected \(1, 4\): label"):
        Bound(program, **{**modules, "label": nn.Embedding(10, 3)})("encode", [(TREES[0],)])
    with pytest.raises(Undefined, match="learned and bound to no module"):
        program.run("encode(Tree(1, []))")
    inside = Program.load(text="%recursion\ntype box = Box(vector(2))\nlearned f : box -> vector(2)\ng(x) = f(x)\n")
    with pytest.raises(InputError, match="f : box -> vector"):
        Bound(inside, f=Pool())
    number = Program.load(text="%recursion\nlearned f : int -> int\ng(x) = f(x)\n")
    with pytest.raises(InputError, match="expected a vector as its result"):
        Bound(number, f=Pool())


def test_weights_go_where_they_belong_whatever_the_order(bound):
    modules = {name: bound.module(name) for name in ("mixed", "apply", "pool", "join", "label")}
    assert Bound(bound.program, **modules).state_dict().keys() == bound.state_dict().keys()
    fresh = Bound(bound.program, mixed=Mixed(), apply=Apply(), pool=Pool(), join=Join(), label=nn.Embedding(10, 4))
    fresh.load_state_dict(bound.state_dict())
    torch.testing.assert_close(fresh("encode", [(TREES[2],)]), bound("encode", [(TREES[2],)]))


def test_an_empty_batch(bound):
    assert bound("encode", []).shape == (0, 4)
