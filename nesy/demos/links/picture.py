"""A graph with what was predicted of it, as a picture."""

from __future__ import annotations

from html import escape

import networkx as nx

from nesy.demos.links.measure import Found

WIDTH, HEIGHT, MARGIN, LEGEND = 1100, 820, 60, 34
NAMED = 12
"""Nodes of so many links have their name beside them."""
KNOWN, RIGHT, WRONG, MISSED, INK = "#c9ccd1", "#1a8a4c", "#c8452d", "#1a8a4c", "#1c1c1e"
LINES = {
    "known": f'stroke="{KNOWN}" stroke-width="1"',
    "hidden, not among the best": f'stroke="{MISSED}" stroke-width="1" stroke-dasharray="2 4"',
    "predicted, not in the graph": f'stroke="{WRONG}" stroke-width="2.5" stroke-dasharray="7 4"',
    "predicted, and it was hidden": f'stroke="{RIGHT}" stroke-width="3"',
}


def picture(found: Found, title: str) -> str:
    """The text of an SVG file."""
    pairs = [(u, v) for u, v, _ in found.best]
    kinds = [
        [*found.known, *found.told],
        sorted(found.hidden - set(pairs)),
        [pair for pair in pairs if pair not in found.hidden],
        [pair for pair in pairs if pair in found.hidden],
    ]
    network = nx.Graph([*found.known, *found.told, *sorted(found.hidden)])
    network.add_nodes_from(range(len(found.names)))
    place = _places(network)
    parts = [f'<text x="20" y="28" font-size="17" font-weight="600">{escape(title)}</text>']
    x = 20.0
    for name, style in LINES.items():
        parts.append(f'<line x1="{x}" y1="48" x2="{x + 36}" y2="48" {style}/><text x="{x + 44}" y="53">{name}</text>')
        x += 60 + 7.4 * len(name)
    for links, style in zip(kinds, LINES.values(), strict=True):
        parts += [_line(place[u], place[v], style) for u, v in links]
    for node, (left, top) in place.items():
        size = 3 + 1.1 * network.degree(node) ** 0.6
        parts.append(f'<circle cx="{left:.1f}" cy="{top:.1f}" r="{size:.1f}" fill="#4a6fa5" stroke="white"/>')
    named = {node for pair in pairs for node in pair} | {node for node, degree in network.degree if degree >= NAMED}
    for node in sorted(named):
        left, top = place[node]
        halo = 'stroke="white" stroke-width="3.5" paint-order="stroke" stroke-linejoin="round"'
        parts.append(f'<text x="{left + 7:.1f}" y="{top - 6:.1f}" {halo}>{escape(found.names[node])}</text>')
    size = f'width="{WIDTH}" height="{HEIGHT}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {WIDTH} {HEIGHT}" '
    body = "\n".join(parts)
    return f'{head}font-family="sans-serif" font-size="13" fill="{INK}"><rect {size} fill="white"/>\n{body}\n</svg>\n'


def _places(network: nx.Graph) -> dict[int, tuple[float, float]]:
    """Node -> where it stands: as springs between neighbours would have it, with crowds pulled apart."""
    spots = nx.spring_layout(network, seed=4, k=2.6 / max(1, len(network)) ** 0.5, iterations=200)
    across = _spread({node: x for node, (x, _) in spots.items()}, WIDTH - 2 * MARGIN - 40)
    down = _spread({node: y for node, (_, y) in spots.items()}, HEIGHT - 2 * MARGIN - LEGEND)
    return {node: (MARGIN + across[node], MARGIN + LEGEND + down[node]) for node in spots}


def _spread(values: dict[int, float], length: float) -> dict[int, float]:
    """Values from 0 to `length`, halfway between where they are and their ranks at equal distances."""
    order = sorted(values, key=lambda node: values[node])
    low, high = values[order[0]], values[order[-1]]
    scale = (high - low) or 1.0
    last = max(1, len(order) - 1)
    return {node: length * ((values[node] - low) / scale + rank / last) / 2 for rank, node in enumerate(order)}


def _line(a: tuple[float, float], b: tuple[float, float], style: str) -> str:
    return f'<line x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}" {style}/>'
