"""HNSW as in the paper: Malkov, Yashunin, *Efficient and robust approximate nearest neighbor search using hierarchical
navigable small world graphs*, TPAMI 2018, arXiv 1603.09320. To be read, and to be compared with; slow.

Names: M links of a new point, at most M of a point on a level (2 M on level 0); ef candidates that a search holds;
W the nearest found, C those still to be visited, as (distance, point).
"""

from __future__ import annotations

import heapq
import math
import random

import numpy as np


class PaperHNSW:
    """Squared Euclidean distances; points are added one after another."""

    def __init__(self, M=16, ef_construction=100, seed=0):
        self.M, self.ef_construction, self.chance = M, ef_construction, random.Random(seed)
        self.x = []  # vectors
        self.links = []  # of every point, level by level: the points it is linked to
        self.entry = None

    def distance(self, q, point):
        return float(((q - self.x[point]) ** 2).sum())

    def insert(self, q):
        """Algorithm 1."""
        new, level = len(self.x), int(-math.log(1 - self.chance.random()) / math.log(self.M))
        self.x.append(q)
        self.links.append([[] for _ in range(level + 1)])
        if self.entry is None:
            self.entry = new
            return
        top = len(self.links[self.entry]) - 1
        W = [(self.distance(q, self.entry), self.entry)]
        for one in range(top, level, -1):
            W = self.search_layer(q, W, 1, one)
        for one in range(min(top, level), -1, -1):
            W = self.search_layer(q, W, self.ef_construction, one)
            self.links[new][one] = self.neighbours(W, self.M)
            for other in self.links[new][one]:
                both = [*self.links[other][one], new]
                if len(both) > (2 * self.M if one == 0 else self.M):
                    near = sorted((self.distance(self.x[other], p), p) for p in both)
                    both = self.neighbours(near, 2 * self.M if one == 0 else self.M)
                self.links[other][one] = both
        if level > top:
            self.entry = new

    def search_layer(self, q, starts, ef, level):
        """Algorithm 2: the ef nearest on a level, nearest first."""
        visited = {point for _, point in starts}
        C, W = list(starts), [(-apart, point) for apart, point in starts]
        heapq.heapify(C)
        heapq.heapify(W)
        while C:
            apart, point = heapq.heappop(C)
            if apart > -W[0][0]:
                break
            for other in self.links[point][level]:
                if other in visited:
                    continue
                visited.add(other)
                apart = self.distance(q, other)
                if len(W) < ef or apart < -W[0][0]:
                    heapq.heappush(C, (apart, other))
                    heapq.heappush(W, (-apart, other))
                    if len(W) > ef:
                        heapq.heappop(W)
        return sorted((-apart, point) for apart, point in W)

    def neighbours(self, candidates, M):
        """Algorithm 4, without extending and keeping: only those nearer to the point than to any chosen before."""
        chosen = []
        for apart, point in candidates:
            if len(chosen) < M and all(apart < self.distance(self.x[point], other) for other in chosen):
                chosen.append(point)
        return chosen

    def search(self, q, k, ef):
        """Algorithm 5: the k nearest, nearest first."""
        W = [(self.distance(q, self.entry), self.entry)]
        for level in range(len(self.links[self.entry]) - 1, 0, -1):
            W = self.search_layer(q, W, 1, level)
        return [point for _, point in self.search_layer(q, W, max(ef, k), 0)[:k]]


def of(x, **settings):
    """A graph of (n, c) vectors."""
    graph = PaperHNSW(**settings)
    for row in np.asarray(x, np.float64):
        graph.insert(row)
    return graph
