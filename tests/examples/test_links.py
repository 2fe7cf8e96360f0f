"""The example of links runs on a graph made up there, on features in a file and on a list of edges."""

import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np

ROOT = Path(__file__).parents[2]


def rows(*arguments: str) -> dict[str, list[float]]:
    command = [sys.executable, "examples/links.py", "--epochs", "2", "--hidden", "8", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    start = next(k for k, line in enumerate(lines) if "Hits@" in line)
    return {line[:22].strip(): [float(value) for value in line[22:].split()] for line in lines[start + 1 :]}


def test_made_up():
    found = rows("--nodes", "150")
    assert list(found) == ["common neighbours", "Adamic-Adar", "resource allocation", "Katz", "NCN", "NCNC"]
    assert all(len(values) == 4 for values in found.values())
    assert found["common neighbours"][1] > 80


def test_files(tmp_path):
    network = nx.powerlaw_cluster_graph(60, 4, 0.7, seed=0)
    nx.write_edgelist(network, tmp_path / "edges.txt", data=False)
    assert rows("--data", str(tmp_path / "edges.txt"))["resource allocation"][1] > 60
    edges = np.array(network.edges, dtype=np.int16).T
    x = {"x_data": np.ones(60, np.uint8), "x_indices": np.arange(60) % 7, "x_indptr": np.arange(61), "x_shape": [60, 7]}
    np.savez(tmp_path / "graph.npz", edge_index=np.concatenate([edges, edges[::-1]], 1), **x)
    assert len(rows("--data", str(tmp_path / "graph.npz"))) == 6
