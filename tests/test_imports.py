"""Who may import whom, what `import nesy` costs, and what is installed."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("nesy", "graphs", "grammars")

# Part of `nesy` -> the other parts that it may import. Left of the arrow in the design: only downwards.
CORE = {"errors", "numerals", "quoting", "symbols", "terms", "types"}
VALUES = CORE | {"derivation", "machine"}
SYMBOLS = VALUES | {"abduction", "lang", "dependency", "files", "forest", "images", "lines", "pairs", "puzzles"}
SYMBOLS |= {"recursion", "search", "seams"}
MAY_IMPORT = {
    "errors": set(),
    "symbols": CORE,
    "numerals": set(),
    "quoting": set(),
    "terms": CORE | {"files"},
    "types": CORE,
    "files": {"errors"},
    "lines": {"errors"},
    "derivation": VALUES,
    "machine": VALUES,
    "pairs": VALUES | {"lines"},
    "lang": VALUES,
    "recursion": VALUES | {"lang"},
    "search": VALUES | {"lang", "seams"},
    "puzzles": VALUES | {"lang", "files", "lines"},
    "images": VALUES | {"files", "pairs"},
    "dependency": VALUES,
    "seams": VALUES | {"dependency"},
    "forest": VALUES | {"dependency", "lang", "search", "seams"},
    "abduction": VALUES | {"lang", "search"},
    "neural": {"dependency", "errors", "files", "images", "pairs", "seams"},
    "learn": SYMBOLS | {"neural"},
    "solving": SYMBOLS | {"neural"},
    "demos": SYMBOLS | {"learn", "neural", "solving"},
    "cli": SYMBOLS | {"demos", "learn", "neural", "solving"},
    "__main__": {"cli"},
    "__init__": SYMBOLS | {"learn", "solving"},  # when a name is first used
}
MAY_HOLD_TENSORS = {"demos", "neural", "learn", "solving"}
DISTRIBUTIONS = {"PIL": "pillow"}
"""Import names that are not those of the packages."""
OPTIONAL = {
    "hnswlib": "graphs.index.hnsw_graph",
    "hypothesis": "nesy.recursion.data.strategies",
    "ortools": "nesy.puzzles.cpsat",
    "sklearn": "nesy.demos.digits",
}
"""Packages of extras, and the one module that imports each."""
MAY_IMPORT_GRAPHS = {"demos", "neural", "learn", "solving", "cli"}


def modules() -> dict[str, Path]:
    """Dotted name -> file of every module of the three packages."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, *, typing: bool) -> set[str]:
    """Dotted names that a file imports anywhere; with `typing`, those under ``if TYPE_CHECKING`` too."""
    found: set[str] = set()
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test) and not typing:
            todo.extend(node.orelse)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update({name if name in MODULES else node.module for name in names})
        else:
            todo.extend(ast.iter_child_nodes(node))
    return found


def part(module: str) -> str:
    """``nesy.machine.values`` -> ``machine``."""
    return [*module.split("."), "__init__"][1]


MODULES = modules()
IMPORTS = {name: imports(path, typing=True) for name, path in MODULES.items()}


@pytest.mark.parametrize("module", [name for name in MODULES if name.split(".")[0] == "nesy"])
def test_imports_go_down(module):
    here = part(module)
    assert here in MAY_IMPORT, f"say in {Path(__file__).name} what nesy.{here} may import"
    for name in IMPORTS[module]:
        top = name.split(".")[0]
        if top == "nesy" and name in MODULES and name != "nesy":
            assert part(name) in MAY_IMPORT[here] | {here}, f"{module} imports {name}"
        assert top not in {"torch", "torch_geometric"} or here in MAY_HOLD_TENSORS, f"{module} imports {name}"
        assert top != "graphs" or here in MAY_IMPORT_GRAPHS, f"{module} imports {name}"


def test_graphs_stands_alone():
    for module, names in IMPORTS.items():
        if module.split(".")[0] in {"graphs", "grammars"}:
            assert not {name.split(".")[0] for name in names} & {"nesy", "lark"}, module


def test_no_cycles():
    graph = networkx.DiGraph()
    for module, path in MODULES.items():
        for name in imports(path, typing=False) & MODULES.keys():
            graph.add_edge(module, name)
    assert list(networkx.simple_cycles(graph)) == []


@pytest.mark.parametrize(
    "code",
    [
        "import nesy; dir(nesy)",
        "import nesy.pairs, nesy.files",
        "import sys; from nesy.cli import main; sys.argv = ['nesy', '--help']\ntry: main()\nexcept SystemExit: pass",
    ],
)
def test_starting_is_cheap(code):
    heavy = "{'torch', 'torch_geometric', 'lark', 'numpy', 'networkx', 'sympy', 'rich', 'PIL'} & set(sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print({heavy}, file=sys.stderr)"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert run.stderr.strip() == "set()"


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_only_the_three_packages_are_installed():
    include = project()["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {pattern.split(".")[0] for pattern in include} == set(PACKAGES)
    bare = {path.parent for path in MODULES.values() if not (path.parent / "__init__.py").exists()}
    assert not bare, "setuptools leaves these folders out"


def test_the_dependencies_are_those_that_are_imported():
    declared = {line.split(">=")[0] for line in project()["project"]["dependencies"]}
    users: dict[str, set[str]] = {}
    for module, names in IMPORTS.items():
        for name in names:
            users.setdefault(name.split(".")[0], set()).add(module)
    used = users.keys() - set(PACKAGES) - sys.stdlib_module_names - {"__future__"}
    assert declared == {DISTRIBUTIONS.get(name, name).replace("_", "-") for name in used - OPTIONAL.keys()}
    assert all(users.get(name, {module}) == {module} for name, module in OPTIONAL.items())
    reasons = (ROOT / "docs/decisions/0001-dependencies.md").read_text(encoding="utf-8")
    assert not [name for name in declared if f"`{name}`" not in reasons]


def test_public_names_exist():
    import nesy

    assert {name for name in nesy.__all__ if getattr(nesy, name) is None} == set()
    with pytest.raises(AttributeError, match="nonsense"):
        nesy.nonsense  # noqa: B018
