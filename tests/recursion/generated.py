"""Programs that terminate by construction, drawn at random: structural recursion over nat, list, tree and sequences,
with guards, deep patterns, let, if, lambdas and partial applications.
"""

from hypothesis import strategies as st

from nesy.machine.expressions import (
    Apply,
    As,
    Call,
    Case,
    Clause,
    Cons,
    Construct,
    Lambda,
    Let,
    Literal,
    Partial,
    Sequence,
    Successor,
    Variable,
)

NAT, LIST, TREE, SEQ, INT, BOOL, FUN = "nat", "list", "tree", "seq", "int", "bool", "fun"
CONSTRUCTORS = {
    NAT: {"O": (), "S": (NAT,)},
    LIST: {"Nil": (), "Cons": (INT, LIST)},
    TREE: {"Leaf": (), "Node": (TREE, INT, TREE)},
}
PRIMITIVES = {
    INT: [("+", INT, INT), ("-", INT, INT), ("max", INT, INT), ("monus", INT, INT), ("length", SEQ)],
    BOOL: [("<", INT, INT), ("==", NAT, NAT), ("!=", SEQ, SEQ), ("and", BOOL, BOOL), ("or", BOOL, BOOL), ("not", BOOL)],
    SEQ: [("++", SEQ, SEQ), ("reverse", SEQ), ("tail", SEQ)],
}


class Scope:
    """What an expression may mention: variables, functions that are defined already, recursive calls."""

    def __init__(self, variables=(), functions=(), recursive=None):
        self.variables, self.functions, self.recursive = dict(variables), dict(functions), recursive

    def plus(self, name, type_):
        smaller = self.recursive and (self.recursive[0], self.recursive[1], self.recursive[2] - {name})
        return Scope({**self.variables, name: type_}, self.functions, smaller)

    def names(self, type_):
        return sorted(name for name, own in self.variables.items() if own == type_)


@st.composite
def expressions(draw, type_, scope, depth=3):
    """An expression of a type."""
    forms = [_simple]
    if scope.names(type_):
        forms += [_variable, _variable]
    if depth > 0:
        forms += [_built, _built, _conditional, _let]
        if _callable(scope, type_):
            forms += [_call, _call, _call]
        if type_ == INT:
            forms.append(_apply)
    return draw(draw(st.sampled_from(forms))(type_, scope, depth - 1))


@st.composite
def _simple(draw, type_, scope, depth):
    if type_ == FUN:
        return Partial(draw(st.sampled_from(["monus", "max"])), (Literal(draw(st.integers(-2, 3))),), 1)
    if type_ in CONSTRUCTORS:
        return Construct(next(iter(CONSTRUCTORS[type_])))
    return {INT: Literal(draw(st.integers(-3, 5))), BOOL: Literal(draw(st.booleans())), SEQ: Sequence(())}[type_]


@st.composite
def _variable(draw, type_, scope, depth):
    return Variable(draw(st.sampled_from(scope.names(type_))))


@st.composite
def _built(draw, type_, scope, depth):
    """A constructor, a primitive, a sequence, a function."""
    if type_ in CONSTRUCTORS:
        name, fields = draw(st.sampled_from(sorted(CONSTRUCTORS[type_].items())))
        return Construct(name, tuple(draw(expressions(field, scope, depth)) for field in fields))
    if type_ == FUN:
        name = draw(st.sampled_from("xyz"))
        return Lambda((name,), draw(expressions(INT, scope.plus(name, INT), depth)))
    if type_ == SEQ and draw(st.booleans()):
        return Sequence(tuple(draw(expressions(INT, scope, depth)) for _ in range(draw(st.integers(0, 2)))))
    function, *parameters = draw(st.sampled_from(PRIMITIVES[type_]))
    return Call(function, tuple(draw(expressions(parameter, scope, depth)) for parameter in parameters))


@st.composite
def _conditional(draw, type_, scope, depth):
    condition = draw(expressions(BOOL, scope, depth))
    return Call("if", (condition, draw(expressions(type_, scope, depth)), draw(expressions(type_, scope, depth))))


@st.composite
def _let(draw, type_, scope, depth):
    name, of = draw(st.sampled_from("xyz")), draw(st.sampled_from([NAT, INT, SEQ, FUN]))
    value = draw(expressions(of, scope, depth))
    return Let(name, value, draw(expressions(type_, scope.plus(name, of), depth)))


@st.composite
def _apply(draw, type_, scope, depth):
    return Apply(draw(expressions(FUN, scope, depth)), (draw(expressions(INT, scope, depth)),))


def _callable(scope, type_):
    found = [name for name, (_, result) in scope.functions.items() if result == type_]
    if scope.recursive and scope.recursive[1][1] == type_ and scope.recursive[2]:
        found.append(scope.recursive[0])
    return found


@st.composite
def _call(draw, type_, scope, depth):
    function = draw(st.sampled_from(_callable(scope, type_)))
    if function in scope.functions:
        parameters, _ = scope.functions[function]
        return Call(function, tuple(draw(expressions(parameter, scope, depth)) for parameter in parameters))
    _, (parameters, _), smaller = scope.recursive
    first = Variable(draw(st.sampled_from(sorted(smaller))))
    return Call(function, (first, *(draw(expressions(parameter, scope, depth)) for parameter in parameters[1:])))


def patterns(type_, prefix, deep):
    """The patterns of all cases of a type, and for each what it binds and which variables are smaller."""
    cases = []
    for name, fields in CONSTRUCTORS.get(type_, {}).items():
        names = [f"{prefix}{number}" for number in range(len(fields))]
        inside = [Variable(name) for name in names]
        types = dict(zip(names, fields, strict=True))
        if deep and type_ in fields:
            place = fields.index(type_)
            inside[place] = As(names[place], Case(name, tuple(Variable("_") for _ in fields)))
        cases.append((Case(name, tuple(inside)), types, {n for n, t in types.items() if t == type_}))
    if type_ == SEQ:
        head, tail = prefix + "0", prefix + "1"
        cases = [
            (Literal(()), {}, set()),
            (Cons(Variable(head), Variable(tail)), {head: INT, tail: SEQ}, {tail}),
        ]
    return cases


@st.composite
def recursions(draw, type_, scope):
    """An expression around a recursive call."""
    function, ((_, second), _), smaller = scope.recursive
    call = Call(function, (Variable(draw(st.sampled_from(sorted(smaller)))), draw(expressions(second, scope, 1))))
    if draw(st.booleans()):
        return Let("r", call, draw(expressions(type_, scope.plus("r", type_))))
    around = {
        NAT: lambda: Construct("S", (call,)),
        LIST: lambda: Construct("Cons", (draw(expressions(INT, scope, 1)), call)),
        SEQ: lambda: Call("++", (call, draw(expressions(SEQ, scope, 1)))),
        INT: lambda: Call("+", (draw(expressions(INT, scope, 1)), call)),
        BOOL: lambda: Call("not", (call,)),
    }
    inner = around[type_]()
    return Call("if", (draw(expressions(BOOL, scope, 1)), inner, call)) if draw(st.booleans()) else inner


@st.composite
def functions(draw, name, earlier):
    """The clauses of one function and its type."""
    of = draw(st.sampled_from([NAT, LIST, TREE, SEQ]))
    second, result = draw(st.sampled_from([INT, NAT, FUN])), draw(st.sampled_from([NAT, LIST, SEQ, INT, BOOL]))
    type_ = ((of, second), result)
    clauses = []

    def clause(pattern, other, bound, smaller, guarded):
        scope = Scope(bound, earlier, (name, type_, frozenset(smaller)))
        guard = draw(expressions(BOOL, Scope(bound, earlier), 2)) if guarded else None
        body = draw(recursions(result, scope) if smaller else expressions(result, scope))
        clauses.append(Clause(name, (pattern, other), body, len(clauses) + 1, guard))

    for deep in (True, False):
        for pattern, bound, smaller in patterns(of, "p", deep):
            if deep and draw(st.booleans()):
                clause(pattern, Variable("q"), {**bound, "q": second}, smaller, draw(st.booleans()))
            if second == INT and deep and draw(st.booleans()):
                clause(pattern, Successor(Variable("q")), {**bound, "q": INT}, smaller, False)
            if not deep:
                clause(pattern, Variable("q"), {**bound, "q": second}, smaller, False)
    return tuple(clauses), type_


@st.composite
def programs(draw):
    """The clauses of two or three functions, and a closed expression."""
    types, defined = {}, {}
    for name in ("f", "g", "h")[: draw(st.integers(1, 3))]:
        defined[name], types[name] = draw(functions(name, types))
    name = draw(st.sampled_from(sorted(defined)))
    parameters, _ = types[name]
    arguments = [draw(inputs(parameters[0])), draw(expressions(parameters[1], Scope(functions=types), 1))]
    return defined, Call(name, tuple(arguments))


@st.composite
def inputs(draw, type_):
    """A value of a data type, a few constructors deep, as an expression."""
    size = draw(st.integers(1, 6))
    if type_ == SEQ:
        return Sequence(tuple(Literal(draw(st.integers(-2, 4))) for _ in range(size)))
    return draw(_data(type_, size))


@st.composite
def _data(draw, type_, size):
    *_, (last, fields) = CONSTRUCTORS[type_].items()
    if size == 0:
        return Construct(next(iter(CONSTRUCTORS[type_])))
    left = draw(st.integers(0, size - 1)) if type_ == TREE else size - 1
    sizes = [left, size - 1 - left]
    parts = [Literal(draw(st.integers(-2, 4))) if f == INT else draw(_data(type_, sizes.pop(0))) for f in fields]
    return Construct(last, tuple(parts))
