"""The place of a model, searched as Mesa's users search it and drawn by Mesa's own visualisation."""

import importlib.util
import sys
from unittest.mock import MagicMock

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib import colors

from society.bridges.mesa import SocietyModel, paint, portray

PAGE = ("solara", "solara.lab", "solara.components", "solara.components.input", "reacton", "reacton.core")


@pytest.fixture(scope="module")
def draw_space():
    """Mesa's drawing with matplotlib. Its package imports solara, the page around it: where that is not, a stand-in is."""
    matplotlib.use("Agg")
    with pytest.MonkeyPatch.context() as patch:
        if importlib.util.find_spec("solara") is None:
            for name in PAGE:
                patch.setitem(sys.modules, name, MagicMock())
        from mesa.visualization import draw_space

        yield draw_space
    if importlib.util.find_spec("solara") is None:  # who imports it later shall hear that solara is missing
        for name in [name for name in sys.modules if name.startswith("mesa.visualization")]:
            del sys.modules[name]


def test_a_grid_holds_the_living_where_they_are_and_the_ground():
    model = SocietyModel("bazaar", rng=0, others="trader", device="cpu", world__life=7)
    space = model.space
    for _ in range(8):
        model.step()
        assert model.space is space
        assert {agent: cell.coordinate for cell in space.all_cells for agent in cell.agents} == {
            agent: agent.pos for agent in model.agents
        }
        state = model.columns.now.worlds.state
        for cell in space.all_cells:
            x, y = cell.coordinate
            assert cell.ground == int(torch.where(state.ripe, state.grows, 0)[0, y * 20 + x])
    corner, agent = space[(0, 0)], model.agents[0]
    assert {cell.coordinate for cell in corner.neighborhood} >= {(19, 19), (0, 19), (1, 1)}  # a torus
    assert space[agent.pos].agents.count(agent) == 1 and set(space.agents) == set(model.agents)


def test_who_is_away_or_dead_is_nowhere_in_it():
    model = SocietyModel("sugarscape", preset="mesa", rng=0, device="cpu")
    assert len(model.space.agents) == 200
    model.run_for(8)
    assert set(model.space.agents) == set(model.agents) and len(model.agents) < 200


def test_a_plane_is_searched_by_distance():
    model = SocietyModel("simple_tag", rng=0, device="cpu")
    space = model.space
    for reach in (10.0, 40.0, 200.0):
        model.run_for(5)
        agent = model.agents[0]
        apart = {other: np.hypot(*np.subtract(agent.pos, other.pos)) for other in model.agents if other is not agent}
        near = set(space.get_neighbors(agent.pos, reach, include_center=False))
        assert near == {other for other, distance in apart.items() if distance <= reach}
    assert near == set(apart)


@pytest.mark.parametrize("scenario", ["bazaar", "simple_tag"])
def test_mesa_draws_every_agent_in_its_colour_on_the_ground(scenario, draw_space, tmp_path):
    from matplotlib import pyplot

    model = SocietyModel(scenario, rng=0, device="cpu")
    plane = scenario == "simple_tag"
    assert model.space is not None
    model.run_for(5)
    figure, axes = pyplot.subplots()
    draw_space(model.space, portray, None if plane else paint, ax=axes)
    dots = [(tuple(at), tuple(face)) for part in axes.collections
            for at, face in zip(part.get_offsets().tolist(), part.get_facecolors().tolist(), strict=True)]  # fmt: skip
    wanted = [(agent.pos, colors.to_rgba(agent.colour)) for agent in model.agents if agent.pos is not None]
    assert sorted(dots) == sorted(wanted) and len(dots) > 2
    if not plane:
        (image,) = axes.get_images()
        scene = model.columns.now.scene
        shown = image.cmap(image.norm(image.get_array()))[..., :3]
        legend = np.array([colors.to_rgb(colour) for _, colour in scene.legend])
        np.testing.assert_allclose(shown, legend[scene.cells[0].numpy()], atol=1e-6)
    figure.savefig(tmp_path / "space.png")
    pyplot.close(figure)
    assert (tmp_path / "space.png").stat().st_size > 2000
