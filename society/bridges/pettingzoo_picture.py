"""A world's scene as pixels and as words: what `render` of the PettingZoo environments shows. Needs numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..world.scenario import Scene

LONGEST = 384  # pixels of the longer side, about
PAPER, INK = "#F4F1EA", "#333333"
SEAT = 0.8  # diameter in cells of a seat whose scene gives no sizes


def pixels(scene: Scene) -> NDArray[np.uint8]:
    """The first world of a scene as an RGB picture [height, width, 3]: cells by their legend, seats as outlined discs."""
    zoom = max(1, LONGEST // max(scene.height, scene.width))
    picture = np.empty((scene.height, scene.width, 3), np.uint8)
    picture[:] = _rgb(PAPER)
    if scene.cells is not None:
        picture = np.stack([_rgb(colour) for _, colour in scene.legend])[_first(scene.cells)]
    picture = picture.repeat(zoom, 0).repeat(zoom, 1)
    kind = np.zeros(scene.x.shape[1], int) if scene.kind is None else _first(scene.kind)
    for x, y, k in zip(_first(scene.x), _first(scene.y), kind, strict=True):
        if np.isfinite(x) and np.isfinite(y):
            radius = (scene.sizes[k] if scene.sizes else SEAT) * zoom / 2
            _disc(picture, (x + 0.5) * zoom, (y + 0.5) * zoom, radius, scene.kinds[k][1] if scene.kinds else INK)
    return picture


def words(scene: Scene) -> list[str]:
    """What the scene says of each seat of its first world: kind, place, first symbol spoken, printed values."""
    return [_said_of(scene, seat) for seat in range(scene.x.shape[1])]


def _said_of(scene: Scene, seat: int) -> str:
    x, y = float(scene.x[0, seat]), float(scene.y[0, seat])
    parts = [] if scene.kind is None else [scene.kinds[int(scene.kind[0, seat])][0]]
    parts.append(f"at {x:.4g}, {y:.4g}" if np.isfinite(x) else "away")
    if scene.said is not None:
        parts.append(f"says {int(scene.said[0, seat])}")
    parts += [f"{label} {value[0, seat].item():.4g}" for label, value in scene.values.items()]
    return "".join(f"; {part}" for part in parts)


def _disc(picture: NDArray[np.uint8], x: float, y: float, radius: float, colour: str) -> None:
    """Paint a disc with a thin outline in place; what lies outside the picture is left out."""
    top, left = max(int(y - radius) - 1, 0), max(int(x - radius) - 1, 0)
    part = picture[top : int(y + radius) + 2, left : int(x + radius) + 2]
    across = left + 0.5 + np.arange(part.shape[1]) - x
    down = top + 0.5 + np.arange(part.shape[0]) - y
    far = np.hypot(down[:, None], across)
    part[far <= radius] = _rgb(INK)  # the outline tells a seat from a cell of its own colour
    part[far <= radius - max(1.0, radius / 10)] = _rgb(colour)


def _first(values: Tensor) -> NDArray[np.generic]:
    found: NDArray[np.generic] = values[0].cpu().numpy()
    return found


def _rgb(colour: str) -> NDArray[np.uint8]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)
