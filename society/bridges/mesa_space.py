"""The place of a Mesa model: one of Mesa's own spaces, which its visualisation draws, following the world's tensors.

A scene of cells becomes an `OrthogonalMooreGrid` with the ground as a property layer, a plane a `ContinuousSpace`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesa.discrete_space import OrthogonalMooreGrid
from mesa.space import ContinuousSpace

from ..world.scenario import Scene

if TYPE_CHECKING:
    from .mesa import SocietyModel
    from .mesa_agents import SocietyAgent

GROUND = "ground"  # the layer of what lies in the cells: numbers of the scene's legend


def space_of(model: SocietyModel) -> Place | Plane | None:
    """An empty space of the size of the model's scene; None where there is nothing to draw."""
    scene = model.columns.now.scene
    if scene is None:
        return None
    return Plane(scene) if scene.sizes else Place(scene, model)


class Place(OrthogonalMooreGrid):
    """A grid whose cells hold the agents that are there now, and whose layer "ground" what lies there."""

    def __init__(self, scene: Scene, model: SocietyModel):
        super().__init__((scene.width, scene.height), torus=scene.wraps, random=model.random)
        self.where: dict[SocietyAgent, Any] = {}
        if scene.cells is not None:
            layer = self.create_property_layer(GROUND, default_value=0, dtype=int)
            layer.legend = scene.legend  # for `paint`

    def follow(self, model: SocietyModel) -> None:
        """Put the living where they are now, and the ground as it is now."""
        scene = model.columns.now.scene
        assert scene is not None  # it had one when this was made
        for agent, cell in self.where.items():
            cell.remove_agent(agent)
        self.where = {agent: self[agent.pos] for agent in model.agents if agent.pos is not None}
        for agent, cell in self.where.items():
            cell.add_agent(agent)
        if scene.cells is not None:
            self._mesa_property_layers[GROUND].data[:] = scene.cells[0].T.cpu().numpy()


class Plane(ContinuousSpace):
    """A plane in the scene's units; Mesa's searches for neighbours work in it."""

    def __init__(self, scene: Scene):
        super().__init__(scene.width, scene.height, scene.wraps)

    def follow(self, model: SocietyModel) -> None:
        """Let in the living where they are now."""
        self._agent_to_index = {agent: None for agent in model.agents if agent.pos is not None}
        self._invalidate_agent_cache()


def portray(agent: SocietyAgent) -> Any:
    """How Mesa draws an agent: a disc of its kind's colour. For `make_space_component`, `SpaceRenderer`, `draw_space`."""
    from mesa.visualization.components import AgentPortrayalStyle

    return AgentPortrayalStyle(color=getattr(agent, "colour", "tab:blue"), edgecolors="black", size=40)


def paint(layer: Any) -> Any:
    """How Mesa draws the ground: the colours of the scene's legend. The layer of free cells is not drawn."""
    from matplotlib.colors import ListedColormap
    from mesa.visualization.components import PropertyLayerStyle

    legend = getattr(layer, "legend", None)
    if legend is None:
        return None
    colours = ListedColormap([colour for _, colour in legend])
    return PropertyLayerStyle(colormap=colours, vmin=-0.5, vmax=len(legend) - 0.5, alpha=1.0, colorbar=False)
