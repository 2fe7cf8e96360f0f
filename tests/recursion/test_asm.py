"""The Abstract State Machine: its contractions are the innermost reduction, and its update sets are consistent."""

import pytest
from hypothesis import assume, given

from nesy.errors import OutOfFuel, Undefined
from nesy.machine.expressions import Call, Literal
from nesy.machine.steps import Reduction
from nesy.recursion.program import Program
from nesy.recursion.tracing.asm import AbstractStateMachine, InconsistentUpdates, Rule, united
from nesy.terms import same
from tests.recursion.generated import programs

PEANO = Program.load("peano")


@given(programs())
def test_bisimulation(program):
    """Erasing the administrative moves leaves the innermost reduction: same rules, same redexes, same expressions."""
    functions, expression = program
    reduction = Reduction(functions, expression, "innermost", fuel=150)
    try:
        steps = list(reduction)
    except OutOfFuel:
        assume(False)
    states = list(AbstractStateMachine(functions).run(expression))
    assert states[0].expression() == reduction.expression(step=0)
    done = 0
    for state in states[1:]:
        if state.fired.contracts:
            step = steps[done]
            done += 1
            assert (state.fired.contracts, state.fired.clause) == (step.rule, step.clause)
        assert state.expression() == reduction.expression(step=done), state.fired.name
    assert done == len(steps)
    assert same(states[-1].value, reduction.value)


@given(programs())
def test_one_rule_at_a_time(program):
    """The guards exclude each other, so no update set of a run can be inconsistent."""
    functions, expression = program
    machine = AbstractStateMachine(functions)
    try:
        for state in machine.run(expression, fuel=40):
            assert sum(rule.guard(state) for rule in machine.rules) == (state.mode != "halted")
    except OutOfFuel:
        pass


def test_inconsistent_updates():
    assert united({"a": {"mode": "return"}, "b": {"mode": "return", "value": 1}}) == {"mode": "return", "value": 1}
    with pytest.raises(InconsistentUpdates, match="value gets two values in one step, by a and by b"):
        united({"a": {"value": 1}, "b": {"value": True}})
    machine = AbstractStateMachine(PEANO.definitions.functions)
    machine.rules += (
        Rule("rash", lambda s: s.mode == "return", lambda s: {"value": 0}, "if mode = return then value := 0"),
    )
    machine.rules += (
        Rule("bold", lambda s: s.mode == "return", lambda s: {"value": 1}, "if mode = return then value := 1"),
    )
    with pytest.raises(InconsistentUpdates, match="by rash and by bold"):
        list(machine.run(PEANO.expression("add(O, O)")))


def test_rules_are_read():
    text = str(AbstractStateMachine(PEANO.definitions.functions))
    assert "static: constructors, primitives, match, the clauses of add/2, mul/2, fib/1, even/1, odd/1" in text
    assert (
        "add, clause 2, line 8  (contracts: clause)\n  if mode = call and form = add and clause = 2 and "
        "match([S(n), m], arguments) = binding then mode := evaluate, focus := S(add(n, m)), scope := binding\n"
    ) in text


def test_stuck():
    machine = AbstractStateMachine(PEANO.definitions.functions)
    with pytest.raises(Undefined, match=r"no clause for add\(3, 4\)"):
        list(machine.run(Call("add", (Literal(3), Literal(4)))))
