"""A program as an Abstract State Machine (Gurevich): states, and a finite set of guarded updates.

The static functions of the vocabulary are the constructors, the primitives, the clauses and `match`; the dynamic
ones, all without arguments, are the fields of `State`. In every step all rules whose guard holds give their
updates, and these are made at once. Rules that contract a redex are marked with the rule of `nesy.machine.contraction`;
the others are administrative: they look for the next redex. Erasing those gives the innermost reduction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, fields, replace
from typing import Any

from nesy.errors import NesyError
from nesy.lang.clauses import print_expression, print_pattern
from nesy.machine import contraction
from nesy.machine.cells import DATA, Closure, close, finished, instantiate, read, rebuild
from nesy.machine.expressions import (
    Apply,
    Call,
    Clause,
    Construct,
    Expression,
    Lambda,
    Let,
    Literal,
    Partial,
    Variable,
    subexpressions,
)
from nesy.machine.matching import Binding, fit
from nesy.machine.run import FUEL, nothing_fits
from nesy.quoting import capitalised
from nesy.recursion.tracing.writing import write
from nesy.terms import Value, same

Scope = Mapping[str, Value]


class InconsistentUpdates(NesyError):
    """Two rules give one location different values in one step."""


# -------------------------------------------------------------------- states


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Waits for a part of an expression: those before it are values, those after it are still to be evaluated."""

    form: Expression
    values: tuple[Value, ...]
    rest: tuple[Expression, ...]
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """Waits for the first argument of ``if``, ``and`` or ``or``."""

    form: Call
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Bind:
    """Waits for the value of a ``let``."""

    form: Let
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """Waits for the guard of a clause that fits a call."""

    form: Call
    arguments: tuple[Value, ...]
    clause: int
    binding: Binding


Frame = Parts | Branch | Bind | Guard


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What the dynamic functions are in one state.

    Attributes:
        mode: ``evaluate`` the focus, ``return`` the value, ``complete`` a form, ``call`` a function; or
            ``halted`` with the value, or ``stuck`` because no clause fits.
        focus, scope: the expression to evaluate and what its variables stand for.
        value: the value found last.
        form, arguments: the form whose parts are all values, and these values.
        clause: the number of the clause to try next.
        stack: the frame that waits for a value, and the stack below it; None where it is empty.
        fired: the rule that led here; no part of the algebra.
    """

    mode: str
    focus: Any
    scope: Scope
    value: Value
    form: Any
    arguments: tuple[Value, ...]
    clause: int
    stack: Any
    fired: Rule | None = None

    @property
    def top(self) -> Any:
        """The frame that waits for the value; None at the end."""
        return self.stack[0] if self.stack else None

    def expression(self) -> Expression:
        """The whole expression that the state stands for: its current part inside all that waits."""
        if self.mode == "evaluate":
            inside = _closed(self.focus, self.scope)
        elif self.mode in ("return", "halted"):
            inside = read(self.value)
        else:
            inside = rebuild(self.form, tuple(map(read, self.arguments)))
        stack = self.stack
        while stack:
            frame, stack = stack
            inside = _around(frame, inside)
        return inside


def state_line(number: int, state: State, limit: int | None = None) -> str:
    """One state in one line: its number, what it is about, the rule that led to it (``*``: one that contracts)."""
    if state.mode == "evaluate":
        about = f"evaluate {print_expression(state.focus)}"
        scope = ", ".join(f"{name} = {write(read(value, None, limit))}" for name, value in state.scope.items())
        about += f"   where {scope}" if scope else ""
    elif state.mode in ("return", "halted"):
        about = f"{state.mode} {write(read(state.value, None, limit))}"
    else:
        about = f"{state.mode} {write(rebuild(state.form, tuple(read(a, None, limit) for a in state.arguments)))}"
        about += f", clause {state.clause}" if state.mode == "call" else ""
    rule = state.fired.name if state.fired else ""
    mark = "*" if state.fired and state.fired.contracts else " "
    return f"{number:>5} {mark} {about:<60}  {rule}".rstrip()


def _around(frame: Frame, inside: Expression) -> Expression:
    match frame:
        case Parts(form, values, rest, scope):
            return rebuild(form, (*map(read, values), inside, *(_closed(part, scope) for part in rest)))
        case Branch(form, scope):
            return Call(form.function, (inside, *(_closed(part, scope) for part in form.arguments[1:])))
        case Bind(Let(name, _, body), scope):
            around = _closed(Lambda((name,), body), scope)
            assert isinstance(around, Lambda)
            return Let(name, inside, around.body)
        case Guard(form, arguments):
            return rebuild(form, tuple(map(read, arguments)))
    raise AssertionError(frame)


def _closed(expression: Expression, scope: Scope) -> Expression:
    return close(expression, {name: read(value) for name, value in scope.items()})


# -------------------------------------------------------------------- rules

Updates = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """``if guard then updates``.

    Attributes:
        name: for people.
        guard, updates: as functions of a state.
        text: the rule as a person reads it.
        contracts: the reduction rule that it carries out; None for an administrative one.
        clause: the clause that it belongs to.
    """

    name: str
    guard: Callable[[State], bool]
    updates: Callable[[State], Updates]
    text: str
    contracts: contraction.Rule | None = None
    clause: Clause | None = None

    def __str__(self) -> str:
        kind = f"contracts: {self.contracts}" if self.contracts else "administrative"
        return f"{self.name}  ({kind})\n  {self.text}"


class AbstractStateMachine:
    """The machine of a program.

    Args:
        functions: the clauses of each function.

    Attributes:
        rules: all of them: those of the expression forms, and two or three for each clause.
    """

    def __init__(self, functions: Mapping[str, Many[Clause]]) -> None:
        self.functions = functions
        self.rules = (*_forms(functions), *_clauses(functions))

    @property
    def vocabulary(self) -> str:
        """The function symbols of the states, static and dynamic."""
        dynamic = ", ".join(field.name for field in fields(State) if field.name != "fired")
        defined = ", ".join(f"{name}/{len(clauses[0].patterns)}" for name, clauses in self.functions.items())
        return f"static: constructors, primitives, match, the clauses of {defined}\ndynamic: {dynamic}"

    def __str__(self) -> str:
        return "\n".join([self.vocabulary, *map(str, self.rules)])

    def start(self, expression: Expression) -> State:
        """The initial state for a closed expression."""
        return State("evaluate", expression, {}, (), expression, (), 0, None)

    def step(self, state: State) -> State:
        """The next state.

        Raises:
            InconsistentUpdates: two rules give one location different values.
            Undefined: no rule applies, or a primitive has no value.
        """
        fired = [rule for rule in self.rules if rule.guard(state)]
        if not fired:
            nothing_fits(state.form.function, *state.arguments, typed=True)
        return replace(state, fired=fired[0], **united({rule.name: rule.updates(state) for rule in fired}))

    def run(self, expression: Expression, *, fuel: int = FUEL) -> Iterator[State]:
        """The states from the initial one to the one that has halted.

        Args:
            fuel: how many redexes may be contracted.

        Raises:
            Undefined, InconsistentUpdates: as `step` does.
            OutOfFuel: more contractions than `fuel`.
        """
        state, left = self.start(expression), fuel
        yield state
        while state.mode != "halted":
            state = self.step(state)
            assert state.fired is not None
            if state.fired.contracts:
                left -= 1
                if left < 0:
                    raise contraction.out_of_fuel(fuel)
            yield state


def united(updates: Mapping[str, Updates]) -> Updates:
    """The update set of a step, from those of the rules that fire.

    Raises:
        InconsistentUpdates: two of them give one location different values.
    """
    union: Updates = {}
    givers: dict[str, str] = {}
    for rule, own in updates.items():
        for location, value in own.items():
            if location in union and union[location] is not value and not same(union[location], value):
                raise InconsistentUpdates(
                    f"{location} gets two values in one step, by {givers[location]} and by {rule}"
                )
            union[location], givers[location] = value, rule
    return union


def _is(state: State, *forms: type) -> bool:
    return state.mode == "evaluate" and isinstance(state.focus, forms)


def _connective(expression: Expression) -> bool:
    return isinstance(expression, Call) and expression.function in contraction.CONNECTIVES


def _returns_to(state: State, frame: type) -> bool:
    return state.mode == "return" and isinstance(state.top, frame)


def _completes(state: State, *forms: type) -> bool:
    return state.mode == "complete" and isinstance(state.form, forms)


def _forms(functions: Mapping[str, Many[Clause]]) -> Iterator[Rule]:
    """The rules of the expression forms, the same for every program."""
    yield Rule(
        "constant",
        lambda s: _is(s, Literal),
        lambda s: {"mode": "return", "value": s.focus.value},
        "if mode = evaluate and focus = constant c then mode := return, value := c",
    )
    yield Rule(
        "variable",
        lambda s: _is(s, Variable),
        lambda s: {"mode": "return", "value": s.scope[s.focus.name]},
        "if mode = evaluate and focus = variable x then mode := return, value := scope(x)",
    )
    yield Rule(
        "function value",
        lambda s: _is(s, Lambda),
        lambda s: {"mode": "return", "value": instantiate(s.focus, s.scope)},
        "if mode = evaluate and focus = \\x -> e then mode := return, value := (focus, scope)",
    )
    yield Rule(
        "value of let",
        lambda s: _is(s, Let),
        lambda s: {"focus": s.focus.value, "stack": (Bind(s.focus, s.scope), s.stack)},
        "if mode = evaluate and focus = let x = e in b then focus := e, stack := push(bind(focus, scope), stack)",
    )
    yield Rule(
        "condition",
        lambda s: _is(s, Call) and _connective(s.focus),
        lambda s: {"focus": s.focus.arguments[0], "stack": (Branch(s.focus, s.scope), s.stack)},
        "if mode = evaluate and focus = if/and/or(c, ...) then focus := c, stack := push(branch(focus, scope), stack)",
    )
    yield Rule(
        "first part",
        lambda s: _is(s, Call, Apply, *DATA) and not _connective(s.focus) and bool(subexpressions(s.focus)),
        lambda s: _first_part(s),
        "if mode = evaluate and focus = k(e, rest) then focus := e, stack := push(parts(k, [], rest, scope), stack)",
    )
    yield Rule(
        "no parts",
        lambda s: _is(s, Call, Apply, *DATA) and not subexpressions(s.focus),
        lambda s: {"mode": "complete", "form": s.focus, "arguments": ()},
        "if mode = evaluate and focus = k() then mode := complete, form := k, arguments := []",
    )
    yield Rule(
        "next part",
        lambda s: _returns_to(s, Parts) and bool(s.top.rest),
        lambda s: _next_part(s.top, s),
        "if mode = return and top(stack) = parts(k, values, [e] ++ rest, r) then mode := evaluate, focus := e, "
        "scope := r, stack := push(parts(k, values ++ [value], rest, r), pop(stack))",
    )
    yield Rule(
        "last part",
        lambda s: _returns_to(s, Parts) and not s.top.rest,
        lambda s: {
            "mode": "complete",
            "form": s.top.form,
            "arguments": (*s.top.values, s.value),
            "stack": s.stack[1],
        },
        "if mode = return and top(stack) = parts(k, values, [], r) then mode := complete, form := k, "
        "arguments := values ++ [value], stack := pop(stack)",
    )
    yield Rule(
        "let",
        lambda s: _returns_to(s, Bind),
        lambda s: {
            "mode": "evaluate",
            "focus": s.top.form.body,
            "scope": {**s.top.scope, s.top.form.name: s.value},
            "stack": s.stack[1],
        },
        "if mode = return and top(stack) = bind(let x = e in b, r) then mode := evaluate, focus := b, "
        "scope := r + (x = value), stack := pop(stack)",
        "let",
    )
    yield Rule(
        "branch",
        lambda s: _returns_to(s, Branch) and _chosen(s) > 0,
        lambda s: {
            "mode": "evaluate",
            "focus": s.top.form.arguments[_chosen(s)],
            "scope": s.top.scope,
            "stack": s.stack[1],
        },
        "if mode = return and top(stack) = branch(f, r) and value leaves argument e of f then mode := evaluate, "
        "focus := e, scope := r, stack := pop(stack)",
        "if",
    )
    yield Rule(
        "short cut",
        lambda s: _returns_to(s, Branch) and _chosen(s) == 0,
        lambda s: {"stack": s.stack[1]},
        "if mode = return and top(stack) = branch(and/or, r) and value decides it then stack := pop(stack)",
        "if",
    )
    yield Rule(
        "end",
        lambda s: s.mode == "return" and s.stack is None,
        lambda s: {"mode": "halted"},
        "if mode = return and stack = empty then mode := halted",
    )
    yield Rule(
        "data",
        lambda s: _completes(s, *DATA),
        lambda s: {"mode": "return", "value": finished(s.form, s.arguments)},
        "if mode = complete and form = constructor, sequence or partial k then mode := return, value := k(arguments)",
    )
    yield Rule(
        "primitive",
        lambda s: _completes(s, Call) and s.form.function not in functions,
        lambda s: {"mode": "return", "value": contraction.primitive(s.form.function, s.arguments)},
        "if mode = complete and form = primitive p then mode := return, value := p(arguments)",
        "primitive",
    )
    yield Rule(
        "apply lambda",
        lambda s: _completes(s, Apply) and isinstance(s.arguments[0].expression, Lambda),
        lambda s: _apply_lambda(s.arguments[0], s.arguments[1:]),
        "if mode = complete and form = apply and arguments = [(\\x -> e, r)] ++ a then mode := evaluate, focus := e, "
        "scope := r + (x = a)",
        "apply",
    )
    yield Rule(
        "apply partial",
        lambda s: _completes(s, Apply) and isinstance(s.arguments[0].expression, Partial),
        lambda s: _apply_partial(s.arguments[0], s.arguments[1:]),
        "if mode = complete and form = apply and arguments = [f(a)] ++ b then form := f, arguments := a ++ b",
        "apply",
    )
    yield Rule(
        "call",
        lambda s: _completes(s, Call) and s.form.function in functions,
        lambda s: {"mode": "call", "clause": 1},
        "if mode = complete and form = function f then mode := call, clause := 1",
    )
    yield Rule(
        "guard fails",
        lambda s: _returns_to(s, Guard) and s.value is not True,
        lambda s: {
            "mode": "call",
            "form": s.top.form,
            "arguments": s.top.arguments,
            "clause": s.top.clause + 1,
            "stack": s.stack[1],
        },
        "if mode = return and value = false and top(stack) = guard(f, a, i, r) then mode := call, form := f, "
        "arguments := a, clause := i + 1, stack := pop(stack)",
    )


def _clauses(functions: Mapping[str, Many[Clause]]) -> Iterator[Rule]:
    """The rules of a program's own clauses."""
    for function, clauses in functions.items():
        for number, clause in enumerate(clauses, 1):
            yield from _clause_rules(function, number, clause)


def _clause_rules(function: str, number: int, clause: Clause) -> Iterator[Rule]:
    patterns = f"[{', '.join(map(print_pattern, clause.patterns))}]"
    called = f"mode = call and form = {function} and clause = {number}"
    name = f"{function}, clause {number}" + (f", line {clause.line}" if clause.line else "")
    body = f"mode := evaluate, focus := {print_expression(clause.body)}, scope := binding"

    def trying(state: State) -> bool:
        return state.mode == "call" and state.form.function == function and state.clause == number

    def fits(state: State) -> bool:
        return trying(state) and fit(clause.patterns, state.arguments) is not None

    def binding(state: State) -> Any:
        return fit(clause.patterns, state.arguments)

    if clause.guard is None:
        yield Rule(
            name,
            fits,
            lambda s: {"mode": "evaluate", "focus": clause.body, "scope": binding(s)},
            f"if {called} and match({patterns}, arguments) = binding then {body}",
            "clause",
            clause,
        )
    else:
        guard = print_expression(clause.guard)
        yield Rule(
            f"{name}, its guard",
            fits,
            lambda s: {
                "mode": "evaluate",
                "focus": clause.guard,
                "scope": binding(s),
                "stack": (Guard(s.form, s.arguments, number, binding(s)), s.stack),
            },
            f"if {called} and match({patterns}, arguments) = binding then mode := evaluate, focus := {guard}, "
            f"scope := binding, stack := push(guard({function}, arguments, {number}, binding), stack)",
            clause=clause,
        )
        yield Rule(
            name,
            lambda s: (
                _returns_to(s, Guard) and (s.top.form.function, s.top.clause) == (function, number) and s.value is True
            ),
            lambda s: {"mode": "evaluate", "focus": clause.body, "scope": s.top.binding, "stack": s.stack[1]},
            f"if mode = return and value = true and top(stack) = guard({function}, a, {number}, binding) then {body}, "
            "stack := pop(stack)",
            "clause",
            clause,
        )
    yield Rule(
        f"{name}, does not fit",
        lambda s: trying(s) and fit(clause.patterns, s.arguments) is None,
        lambda s: {"clause": number + 1},
        f"if {called} and not match({patterns}, arguments) then clause := {number + 1}",
        clause=clause,
    )


# -------------------------------------------------------------------- longer updates


def _first_part(state: State) -> Updates:
    first, *rest = subexpressions(state.focus)
    return {"focus": first, "stack": (Parts(state.focus, (), tuple(rest), state.scope), state.stack)}


def _next_part(frame: Parts, state: State) -> Updates:
    following = Parts(frame.form, (*frame.values, state.value), frame.rest[1:], frame.scope)
    return {
        "mode": "evaluate",
        "focus": frame.rest[0],
        "scope": frame.scope,
        "stack": (following, state.stack[1]),
    }


def _chosen(state: State) -> int:
    """Which argument of ``if``, ``and`` or ``or`` is left when the value of the first one is known."""
    function = state.top.form.function
    if function == "if":
        return 1 if state.value else 2
    return 0 if state.value is (function == "or") else 1


def _apply_lambda(function: Closure, arguments: tuple[Value, ...]) -> Updates:
    form = function.expression
    assert isinstance(form, Lambda)
    scope = {**(function.scope or {}), **dict(zip(form.parameters, arguments, strict=True))}
    return {"mode": "evaluate", "focus": form.body, "scope": scope}


def _apply_partial(function: Closure, arguments: tuple[Value, ...]) -> Updates:
    form = function.expression
    assert isinstance(form, Partial)
    whole = Construct(form.function) if capitalised(form.function) else Call(form.function, ())
    return {"form": whole, "arguments": (*function.parts, *arguments)}
