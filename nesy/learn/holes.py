"""Learned functions of a program: torch modules in its holes, trained through its runs.

``learned f : tree -> vector(16)`` in a definition file is bound to any `nn.Module`. The symbolic part of a
run never looks into a vector, so a learned call can wait: the program runs on all inputs of a batch first,
and only records which module is to be applied to what. Then the recorded calls are made level by level, all
calls of one module on one level as one batch (dynamic batching: Looks et al., "Deep learning with dynamic
computation graphs", ICLR 2017). Gradients flow through the gathered rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from nesy.errors import InputError
from nesy.machine.compile import Compiled
from nesy.recursion.program import Program
from nesy.recursion.typing.comparisons import incomparable
from nesy.recursion.values import check_value
from nesy.terms import Term
from nesy.types import Declarations, Named, Signature, Type


@dataclass(frozen=True, slots=True)
class Segments:
    """Sequences of vectors, one after the other: what a learned function gets for a ``seq(vector(n))``.

    Attributes:
        x: (elements of all sequences, n).
        index: (elements,), the number of the sequence that each belongs to, sorted.
        dim_size: how many sequences there are, the empty ones too.
    """

    x: Tensor
    index: Tensor
    dim_size: int


@dataclass(eq=False)
class _Call:
    """A learned call that waits for its batch; where its result will be."""

    function: str
    arguments: tuple[Any, ...]
    level: int
    block: Tensor | None = None
    row: int = 0


class Bound(nn.Module):
    """A program whose learned functions are modules.

    A module gets one argument per parameter, each for the whole batch: ``(b, n)`` for a vector, ``(b,)`` long
    for an integer or a constructor without arguments, bool for a boolean, `Segments` for a ``seq(vector(n))``, a
    list of values for everything else; a module whose only parameter is a ``seq(vector(n))`` is called as a PyG
    aggregation is, ``module(x, index=index, dim_size=b)``. It returns ``(b, m)`` where the file says ``vector(m)``.

    Args:
        program: with learned functions.
        modules: one for each of them.

    Raises:
        InputError: a learned function without a module, a module without one, or a result that is no vector.
    """

    def __init__(self, program: Program, **modules: nn.Module) -> None:
        super().__init__()
        learned = program.definitions.learned
        for name, signature in learned.items():
            if name not in modules:
                raise InputError(f"no module for {name}", file=program.file, expected=f"{name} : {signature}")
            if not isinstance(modules[name], nn.Module):
                raise InputError(f"{name}={modules[name]!r}", file=program.file, expected="a torch module")
            expected = _unfit(signature, program.definitions.declarations)
            if expected:
                raise InputError(f"{name} : {signature}", file=program.file, line=signature.line, expected=expected)
        unknown = next((name for name in modules if name not in learned), None)
        if unknown is not None:
            raise InputError(f"a module for {unknown}", file=program.file, expected=" or ".join(learned))
        self.program = program
        self._numbers = {name: number for number, name in enumerate(learned)}  # a ModuleDict takes not every name
        self._modules_of = nn.ModuleList(modules[name] for name in learned)
        self._recorder = _Recorder(learned)
        clauses = [clause for own in program.definitions.functions.values() for clause in own]
        given = {(name, len(s.parameters)): partial(self._recorder.call, name) for name, s in learned.items()}
        self._compiled = Compiled(clauses, typed=True, counted=program.counted, given=given)

    def forward(
        self, function: str, inputs: Sequence[tuple[Any, ...]], *, device: torch.device | str | None = None
    ) -> Tensor:
        """Run a function on a batch of inputs.

        Args:
            function: one of the program, with a vector as its result.
            inputs: the arguments of each run.
            device: where constants go; that of the first parameter where nothing is said.

        Returns:
            (len(inputs), n): the results in the order of the inputs.

        Raises:
            InputError: no such function, arguments of other types, or a module's result of another size.
        """
        signature = self._signature(function)
        declarations = self.program.definitions.declarations
        for arguments in inputs:
            if not isinstance(arguments, tuple):
                raise InputError(
                    f"an input that is no tuple, but {type(arguments).__name__}", expected="(argument, ...)"
                )
            if len(arguments) != len(signature.parameters):
                raise InputError(f"{function} with {len(arguments)} arguments", expected=f"{function} : {signature}")
            for value, type_ in zip(arguments, signature.parameters, strict=True):
                check_value(value, type_, declarations, f"an argument of {function}")
        self._recorder.start()
        results = [self._compiled.call(function, *arguments) for arguments in inputs]
        place = torch.device(device) if device is not None else next((p.device for p in self.parameters()), None)
        _Schedule(self, declarations, place or torch.device("cpu")).run(self._recorder.calls)
        if not results:
            return torch.zeros(0, _width(signature.result), device=place)
        return _gathered(results)

    def module(self, function: str) -> nn.Module:
        """The module of a learned function."""
        return self._modules_of[self._numbers[function]]

    def _signature(self, function: str) -> Signature:
        signature = self.program.signatures.get(function)
        if signature is None or not _is_vector(signature.result):
            known = [name for name, s in self.program.signatures.items() if _is_vector(s.result)]
            raise InputError(f"{function} gives no vector", file=self.program.file, expected=" or ".join(known))
        return signature


class _Recorder:
    """Notes learned calls instead of making them; equal calls once."""

    def __init__(self, learned: Mapping[str, Signature]) -> None:
        self.learned = learned
        self.start()

    def start(self) -> None:
        self.calls: list[_Call] = []
        self._known: dict[Any, _Call] = {}

    def call(self, function: str, *arguments: Any) -> _Call:
        key = (function, *map(_key, arguments))
        found = self._known.get(key)
        if found is None:
            level = 1 + max((inside.level for argument in arguments for inside in _inside(argument)), default=0)
            found = self._known[key] = _Call(function, arguments, level)
            self.calls.append(found)
        return found


@dataclass
class _Schedule:
    """Makes recorded calls, all of one function on one level together."""

    bound: Bound
    declarations: Declarations
    device: torch.device
    _ready: dict[tuple[int, str], list[_Call]] = field(default_factory=dict)

    def run(self, calls: Sequence[_Call]) -> None:
        for call in calls:
            self._ready.setdefault((call.level, call.function), []).append(call)
        for (_, function), batch in sorted(self._ready.items(), key=lambda item: item[0]):
            signature = self.bound.program.definitions.learned[function]
            block = self._apply(function, signature, batch)
            size = _width(signature.result)
            if block.shape != (len(batch), size):
                raise InputError(
                    f"the module {function} returned {tuple(block.shape)}",
                    file=self.bound.program.file,
                    expected=f"({len(batch)}, {size}): {function} : {signature}",
                )
            for row, call in enumerate(batch):
                call.block, call.row = block, row

    def _apply(self, function: str, signature: Signature, batch: Sequence[_Call]) -> Tensor:
        columns = [
            self._column(type_, [call.arguments[position] for call in batch])
            for position, type_ in enumerate(signature.parameters)
        ]
        module = self.bound.module(function)
        if len(columns) == 1 and isinstance(columns[0], Segments):
            (segments,) = columns
            return module(segments.x, index=segments.index, dim_size=segments.dim_size)
        return module(*columns)

    def _column(self, type_: Type, values: list[Any]) -> Any:
        """One argument of all calls of a batch."""
        if _is_vector(type_):
            return _gathered(values)
        if isinstance(type_, Named) and type_.name == "seq" and _is_vector(type_.arguments[0]):
            return self._segments(type_.arguments[0], values)
        if isinstance(type_, Named) and type_.name in ("int", "bool"):
            return torch.tensor(values, device=self.device)
        numbers = self._numbers(type_)
        return torch.tensor([numbers[v.name] for v in values], device=self.device) if numbers else values

    def _segments(self, element: Any, values: list[Any]) -> Segments:
        elements = [part for value in values for part in value]
        sizes = torch.tensor([len(value) for value in values])
        index = torch.repeat_interleave(torch.arange(len(values)), sizes).to(self.device)
        x = _gathered(elements) if elements else torch.zeros(0, _width(element), device=self.device)
        return Segments(x, index, len(values))

    def _numbers(self, type_: Type) -> dict[str, int] | None:
        """The numbers of the constructors of a type without anything inside, such as ``type op = Plus | Times``."""
        declaration = self.declarations.types.get(type_.name) if isinstance(type_, Named) else None
        if declaration is None or any(c.fields for c in declaration.constructors):
            return None
        return {c.name: number for number, c in enumerate(declaration.constructors)}


def _gathered(calls: Sequence[_Call]) -> Tensor:
    """The results of calls, a row each."""
    blocks = list({id(call.block): call.block for call in calls}.values())
    start: dict[int, int] = {}
    total = 0
    for block in blocks:
        assert block is not None
        start[id(block)] = total
        total += len(block)
    rows = torch.tensor([start[id(call.block)] + call.row for call in calls])
    joined = torch.cat(blocks) if len(blocks) > 1 else blocks[0]  # type: ignore[arg-type]
    assert joined is not None
    return joined.index_select(0, rows.to(joined.device))


def _is_vector(type_: Any) -> bool:
    return isinstance(type_, Named) and type_.name == "vector"


def _width(type_: Any) -> int:
    """The n of ``vector(n)``."""
    return int(type_.arguments[0])


def _unfit(signature: Signature, declarations: Declarations) -> str:
    """What a learned function would have to be to be made in batches; empty if it is that."""
    if not _is_vector(signature.result):
        return "a vector as its result"
    for type_ in signature.parameters:
        plain = _is_vector(type_) or (
            isinstance(type_, Named) and type_.name == "seq" and _is_vector(type_.arguments[0])
        )
        if not plain and incomparable(type_, declarations):
            return "vectors and sequences of vectors as parameters, or data without any inside"
    return ""


def _inside(argument: Any) -> Sequence[_Call]:
    """The calls in an argument: itself, or those in a sequence."""
    if isinstance(argument, tuple):
        return [part for part in argument if isinstance(part, _Call)]
    return [argument] if isinstance(argument, _Call) else []


def _key(argument: Any) -> Any:
    """What two arguments have in common that are the same: a call is only itself, ``true`` is not 1."""
    if isinstance(argument, _Call):
        return id(argument)
    if isinstance(argument, tuple):
        return tuple(map(_key, argument))
    return argument if isinstance(argument, Term) else (type(argument), argument)
