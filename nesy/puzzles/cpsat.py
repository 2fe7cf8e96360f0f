"""OR-tools CP-SAT as another solver of the same models: to compare with, and for those that it is better at.

Needs the extra `cpsat`. Nothing here shares code with the propagators, so agreement says something.
"""

from __future__ import annotations

import time
from math import prod

from nesy.errors import InputError
from nesy.puzzles.alignment import bits
from nesy.puzzles.answer import Answer
from nesy.puzzles.exact import answered
from nesy.puzzles.instance import Instance
from nesy.puzzles.model import AllDifferent, Constraint, Count, Element, Linear, Model, Product, Table
from nesy.puzzles.search import Search

try:
    from ortools.sat.python import cp_model
except ImportError:
    raise InputError("CP-SAT is not installed", mend='pip install ortools, or pip install "nesy[cpsat]"') from None


def solve(instance: Instance, *, unique: bool = False, max_seconds: float | None = None, workers: int = 1) -> Answer:
    """Solve one instance; as `nesy.puzzles.exact.solve`, and verified as there.

    Args:
        instance: what is given.
        unique: look for a second solution too.
        max_seconds: the budget; None: no limit.
        workers: threads of CP-SAT.
    """
    begin = time.perf_counter()
    found = search(instance, limit=2 if unique else 1, max_seconds=max_seconds, workers=workers)
    return answered(instance, found, begin, unique=unique)


def search(instance: Instance, *, limit: int = 1, max_seconds: float | None = None, workers: int = 1) -> Search:
    """Up to `limit` solutions; nodes are CP-SAT's branches, fails its conflicts. More than one takes one worker."""
    built = _Built(instance)
    cp = cp_model.CpSolver()
    cp.parameters.num_workers = workers if limit == 1 else 1
    cp.parameters.enumerate_all_solutions = limit > 1
    if max_seconds is not None:
        cp.parameters.max_time_in_seconds = max_seconds
    found = _Found(built, limit)
    status = cp.solve(built.model, found)
    complete = status == cp_model.INFEASIBLE or (status == cp_model.OPTIMAL and limit > 1 and not found.stopped)
    return Search(tuple(found.solutions), cp.num_branches, cp.num_conflicts, complete)


class _Found(cp_model.CpSolverSolutionCallback):
    def __init__(self, built: _Built, limit: int) -> None:
        super().__init__()
        self._built, self._limit = built, limit
        self.solutions: list[tuple[int, ...]] = []
        self.stopped = False

    def on_solution_callback(self) -> None:
        values = [self.value(variable) for variable in self._built.variables]
        self.solutions.append(tuple(own[value] for own, value in zip(self._built.places, values, strict=True)))
        if len(self.solutions) >= self._limit:
            self.stopped = True
            self.stop_search()


class _Built:
    """An instance as a model of CP-SAT: integers stand for themselves, names for integers above them.

    Attributes:
        model: of CP-SAT.
        variables: its variables, by the numbers of the puzzle's.
        places: per variable: integer -> position in the domain.
    """

    def __init__(self, instance: Instance) -> None:
        self.model = cp_model.CpModel()
        self._codes = _codes(instance.model)
        self.places = [
            {self._codes[value]: place for place, value in enumerate(domain)} for domain in instance.model.domains
        ]
        self.variables = []
        for domain, mask in zip(instance.model.domains, instance.domains, strict=True):
            left = [self._codes[domain[place]] for place in bits(mask)]
            self.variables.append(self.model.new_int_var_from_domain(cp_model.Domain.from_values(left), ""))
        for rule in instance.model.rules:
            self._add(rule.constraint)

    def _add(self, constraint: Constraint) -> None:
        model, scope = self.model, [self.variables[variable] for variable in constraint.scope]
        match constraint:
            case AllDifferent(offsets=offsets):
                model.add_all_different([v + o for v, o in zip(scope, offsets or (0,) * len(scope), strict=True)])
            case Linear(coefficients=coefficients, comparator=comparator, bound=bound):
                terms = [c * v for c, v in zip(coefficients, scope, strict=True)]
                self._compare(cp_model.LinearExpr.sum(terms), comparator, bound)
            case Product(comparator=comparator, bound=bound):
                most = prod(max(1, *map(abs, self.places[variable])) for variable in constraint.scope)
                result = model.new_int_var(-most, most, "")
                model.add_multiplication_equality(result, scope or [1])
                self._compare(result, comparator, bound)
            case Table(rows=rows, negated=negated):
                known = [[self._codes[value] for value in row] for row in rows if self._codes.keys() >= set(row)]
                if negated:
                    if scope and known:
                        model.add_forbidden_assignments(scope, known)
                    elif known:
                        model.add_bool_or([])
                elif known:
                    model.add_allowed_assignments(scope, known)
                else:
                    model.add_bool_or([])
            case Element(keys=keys):
                index, value, *array = scope
                chosen = {}
                for key, one in zip(keys, array, strict=True):
                    if key in self._codes and key not in chosen:
                        chosen[key] = model.new_bool_var("")
                        model.add(index == self._codes[key]).only_enforce_if(chosen[key])
                        model.add(one == value).only_enforce_if(chosen[key])
                model.add_exactly_one(chosen.values())
            case Count(values=values, comparator=comparator, bound=bound):
                counted = cp_model.Domain.from_values([self._codes[code] for code in values if code in self._codes])
                hits = []
                for one in scope:
                    hits.append(model.new_bool_var(""))
                    model.add_linear_expression_in_domain(one, counted).only_enforce_if(hits[-1])
                    model.add_linear_expression_in_domain(one, counted.complement()).only_enforce_if(~hits[-1])
                self._compare(cp_model.LinearExpr.sum(hits), comparator, bound)

    def _compare(self, left: cp_model.LinearExprT, comparator: str, right: int) -> None:
        match comparator:
            case "<=":
                self.model.add(left <= right)
            case ">=":
                self.model.add(left >= right)
            case "=":
                self.model.add(left == right)
            case "!=":
                self.model.add(left != right)


def _codes(model: Model) -> dict[int | str, int]:
    """Value -> the integer that stands for it."""
    values = dict.fromkeys(value for domain in model.domains for value in domain)
    above = 1 + max((value for value in values if isinstance(value, int)), default=0)
    names = [value for value in values if not isinstance(value, int)]
    return {
        **{value: value for value in values if isinstance(value, int)},
        **{n: above + i for i, n in enumerate(names)},
    }
