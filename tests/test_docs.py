"""What the documents show works as shown."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def blocks(name, language):
    text = (ROOT / name).read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for own, block in fenced if own == language]


@pytest.mark.slow
def test_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(blocks("README.md", "python")[0], {})  # noqa: S102
    assert "(3920, 3920)" in capsys.readouterr().out
    assert (tmp_path / "learned.nesy").exists()


def test_the_graphs_of_the_readme(capsys):
    exec(blocks("README.md", "python")[1], {})  # noqa: S102
    figures, *links = capsys.readouterr().out.splitlines()
    assert "'auc': 0." in figures
    assert len([link for link in links if " - " in link]) == 5


def test_the_example_of_a_definition_file():
    from nesy import language

    example = language(text=next(block for block in blocks("docs/definition-files.md", "") if "%grammar" in block))
    assert example.run("look twice after walk") == ("I_WALK", "I_LOOK", "I_LOOK")
    assert example.check().ok


def test_the_example_of_a_program():
    from nesy import program

    example = program(text=next(block for block in blocks("docs/definition-files.md", "") if "%recursion" in block))
    report = example.check()
    assert report.ok, report
    assert len(example.definitions.checks) == 9


def test_the_program_of_the_readme():
    from nesy import program

    text = next(block for block in blocks("README.md", "") if "%recursion" in block)
    assert str(program("sort.nesy", text=text).check()) == "ok: no errors, no warnings"
    shrinking, growing = "Cons(_, t))           = filter(p, t)", "Cons(x, t)) = Cons(x, Cons(x, t))"
    assert shrinking in text
    growing = text.replace(shrinking, growing)
    said = next(block for block in blocks("README.md", "") if "never gets smaller" in block)
    assert said.strip() in str(program("sort.nesy", text=growing).check())


def test_the_python_of_definition_files(tmp_path, capsys):
    code = "\n".join(blocks("docs/definition-files.md", "python"))
    path = tmp_path / "example.py"  # the source of a function is read from its file
    path.write_text(code, encoding="utf-8")
    exec(compile(code, str(path), "exec"), {"__name__": "example"})  # noqa: S102
    assert "Lambda((n, m), m*n)" in capsys.readouterr().out


def test_the_puzzles_of_the_documents(capsys):
    from nesy import puzzle, solve
    from nesy.puzzles.exact import count_solutions

    texts = [block for page in ("docs/puzzles.md", "docs/definition-files.md") for block in blocks(page, "")]
    magic, sudoku = (puzzle(text=text) for text in texts if "%puzzle\n" in text)
    assert magic.check().ok
    assert count_solutions(magic.instance(), 100) == 8
    assert sudoku.statements == puzzle("sudoku").statements
    futoshiki = next(text for text in texts if text.startswith("n = 4\n"))
    assert solve(puzzle("futoshiki").instance(futoshiki), unique=True).unique
    for block in blocks("docs/puzzles.md", "python"):
        exec(block, {})  # noqa: S102
    assert "1423234141323214" in capsys.readouterr().out


def test_the_puzzle_of_the_readme():
    from nesy import puzzle, solve
    from nesy.puzzles.show import show

    party = puzzle(text=next(block for block in blocks("README.md", "") if "%puzzle" in block))
    command, said = next(block for block in blocks("README.md", "") if "nesy solve party.nesy" in block).split('"\n')
    answer = solve(party.instance(command.partition('"')[2]), unique=True)
    assert answer.unique
    assert said.startswith(f"{show(answer)}\nsolved: the only solution (")


def test_the_python_of_links(capsys):
    names: dict = {}
    for block in blocks("docs/links.md", "python"):
        exec(block, names)  # noqa: S102
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert len(printed) == 5
    assert all("'auc': 0." in line for line in printed)


@pytest.mark.parametrize("page", [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_the_python_of_aggregation(capsys):
    exec("\n".join(blocks("docs/aggregation.md", "python")), {})  # noqa: S102
    assert capsys.readouterr().out.startswith("torch.Size([4, 32])")


def test_the_python_of_the_index(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec("\n".join(blocks("docs/index.md", "python")), {})  # noqa: S102
    assert capsys.readouterr().out == (
        "tensor([0, 1]) torch.Size([2, 3]) tensor(True)\nVectorIndex(998 vectors, dim=64, metric='l2') False\n"
    )


def test_the_python_of_forward(tmp_path, monkeypatch):
    import torch
    from torch_geometric.data import Data
    from torch_geometric.nn import GCNConv

    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    y = torch.arange(30) % 3
    x = torch.nn.functional.one_hot(y, 1433).float()
    masks = {"train_mask": torch.arange(30) < 15, "val_mask": torch.arange(30) >= 15}
    data = Data(x=x, y=y, edge_index=torch.randint(0, 30, (2, 60)), **masks)
    names = {"data": data, "layers": [GCNConv(1433, 8)]}
    for block in blocks("docs/forward.md", "python"):
        exec(block, names)  # noqa: S102
    assert {path.name for path in tmp_path.iterdir()} == {"layers.safetensors", "run"}
    assert names["classes"].shape == (30,)
