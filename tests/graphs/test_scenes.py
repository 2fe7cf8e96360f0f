"""The networks for Pretty-CLEVR."""

import torch
from torch.nn.functional import cross_entropy

from graphs.datasets.pretty_clevr import random_scenes
from graphs.relational.scenes import SceneMLP, SceneNetwork


def test_scenes_may_have_fewer_objects():
    asked = random_scenes(3, objects=4).questions(torch.arange(96))
    assert SceneNetwork(16, 2, objects=4)(asked).shape == (2, 96, 8)
    assert SceneMLP(16, objects=4)(asked).shape == (1, 96, 8)


def test_a_question_is_answered_alike_in_any_company():
    asked = random_scenes(4).questions(torch.tensor([3, 200, 300, 511]))
    alone = random_scenes(4).questions(torch.tensor([300]))
    for network in (SceneNetwork(16, 2), SceneMLP(16)):
        torch.manual_seed(0)
        network.eval()
        torch.testing.assert_close(network(asked)[:, 2:3], network(alone), atol=1e-5, rtol=1e-4)


def test_the_network_sees_positions_turned_only_by_its_nodes_inputs():
    """Messages know distances alone: with the nodes' own positions hidden, turning a scene changes nothing."""
    torch.manual_seed(0)
    network = SceneNetwork(16, 3).eval()
    network.network.encoder.layers[0].weight.data[:, :2] = 0
    asked = random_scenes(2).questions(torch.tensor([17, 140]))
    expected = network(asked)
    asked.positions.copy_(asked.positions.flip(2))
    torch.testing.assert_close(network(asked), expected, atol=1e-5, rtol=1e-4)
    asked.positions[:, 0] += 0.3
    assert (network(asked) - expected).abs().max() > 1e-5


def test_it_learns_a_few_questions():
    torch.manual_seed(0)
    asked = random_scenes(1).questions(torch.arange(0, 128, 5))
    network = SceneNetwork(32, 2)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(200):
        out = network(asked)
        loss = cross_entropy(out.flatten(0, 1), asked.answers.repeat(2))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (network.eval()(asked)[-1].argmax(1) == asked.answers).float().mean() > 0.9
