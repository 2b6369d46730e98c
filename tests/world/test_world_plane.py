"""Bodies in a plane: steps worked out by hand, what physics conserves, and mpe2's own engine."""

import math

import numpy as np
import pytest
import torch

from society.world import plane
from society.world.plane import DIRECTIONS, Law

LAW = Law()


def doubles(*rows):
    return torch.tensor([rows], dtype=torch.float64)


def random_bodies(worlds, bodies, seed=0, spread=0.5):
    draw = np.random.default_rng(seed)
    return torch.tensor(draw.uniform(-spread, spread, (worlds, bodies, 2)))


def test_a_step_by_hand():
    """v = 1: the position moves by .1; v' = .75 * 1 + .1 * 5 / 2 = 1 along x, .75 * 2 = 1.5 along y."""
    pos, vel = plane.move(doubles([0.5, 0.0]), doubles([1.0, 2.0]), doubles([5.0, 0.0]), LAW, mass=torch.tensor([[2.0]]))
    assert torch.allclose(pos, doubles([0.6, 0.2]), atol=1e-15) and torch.allclose(vel, doubles([1.0, 1.5]), atol=1e-15)


def test_a_top_speed_keeps_the_direction():
    _, vel = plane.move(doubles([0.0, 0.0]), doubles([4.0, 3.0]), doubles([0.0, 0.0]), LAW, top=torch.tensor([1.0]))
    assert torch.allclose(vel, doubles([0.8, 0.6]), atol=1e-7)
    _, slow = plane.move(doubles([0.0, 0.0]), doubles([0.4, 0.3]), doubles([0.0, 0.0]), LAW, top=torch.tensor([1.0]))
    assert torch.allclose(slow, doubles([0.3, 0.225]), atol=1e-15)


def test_constant_thrust_ends_at_the_speed_where_damping_takes_what_it_gives():
    pos, vel = doubles([0.0, 0.0]), doubles([0.0, 0.0])
    for _ in range(200):
        pos, vel = plane.move(pos, vel, 5.0 * DIRECTIONS[2].double().expand(1, 1, 2), LAW)
    assert torch.allclose(vel, doubles([5.0 * LAW.dt / LAW.damping, 0.0]))
    rest = pos
    for _ in range(200):
        rest, vel = plane.move(rest, vel, torch.zeros_like(vel), LAW)
    assert torch.allclose(rest - pos, doubles([2.0 * LAW.coast, 0.0]))  # it ran on as far as `coast` says


def test_a_contact_by_hand():
    """Discs of radii .15 and .05, .1 apart along x: overlap .1, force 100 * .1 = 10 on the mover, away from the other."""
    bodies = doubles([0.0, 0.0], [0.1, 0.0])
    force = plane.contacts(bodies[:, :1], bodies, plane.reaches(torch.tensor([0.15, 0.05]), 1), LAW)
    assert torch.allclose(force, doubles([-10.0, 0.0]), atol=1e-6)
    apart = plane.contacts(bodies[:, :1], bodies, torch.tensor([[-1.0, 0.1]]), LAW)  # they only just touch
    assert torch.allclose(apart, doubles([-100 * LAW.margin * math.log(2), 0.0]), atol=1e-6)


def test_contacts_are_equal_and_opposite():
    bodies = random_bodies(64, 5)
    force = plane.contacts(bodies, bodies, plane.reaches(torch.full((5,), 0.2), 5), LAW)
    assert force.abs().sum() > 100 and force.sum(1).abs().max() < 1e-12
    lever = bodies[..., 0] * force[..., 1] - bodies[..., 1] * force[..., 0]
    assert lever.sum(1).abs().max() < 1e-12  # nor do they turn the whole


def test_bodies_at_one_point_stay_finite():
    bodies = torch.zeros(1, 3, 2)
    assert (plane.contacts(bodies, bodies, plane.reaches(torch.full((3,), 0.15), 3), LAW) == 0).all()


def test_distances_by_hand():
    far = plane.distances(doubles([0.0, 0.0], [0.3, 0.0]), doubles([0.3, 0.4]))
    assert torch.allclose(far, doubles([0.5], [0.4]), atol=1e-15)


def test_the_way_towards_a_goal_brings_a_body_there():
    pos, goal = random_bodies(256, 2, spread=1.0), random_bodies(256, 2, seed=1, spread=1.0)
    vel = torch.zeros_like(pos)
    for _ in range(25):
        force = 5.0 * DIRECTIONS.double()[plane.towards(pos, vel, goal, LAW)]
        pos, vel = plane.move(pos, vel, force, LAW)
    assert (pos - goal).norm(dim=-1).max() < 0.3


def test_the_engine_of_mpe2():
    """Bodies of all sizes, masses and top speeds, some fixed, some not solid to any: 25 steps of random thrust."""
    core = pytest.importorskip("mpe2._mpe_utils.core", reason="mpe2 is not installed: pip install 'society-sim[bench]'")
    draw = np.random.default_rng(0)
    movers, fixed = 4, 2
    world = core.World()
    world.agents = [core.Agent() for _ in range(movers)]
    world.landmarks = [core.Landmark() for _ in range(fixed)]
    for body in world.entities:
        body.size, body.initial_mass, body.collide = draw.uniform(0.1, 0.5), draw.uniform(0.5, 3.0), True
        body.max_speed = draw.uniform(0.5, 1.5)
        body.state.p_pos, body.state.p_vel = draw.uniform(-0.5, 0.5, 2), np.zeros(2)
    size = torch.tensor([b.size for b in world.entities], dtype=torch.float64)
    mass = torch.tensor([[b.mass] for b in world.agents], dtype=torch.float64)
    top = torch.tensor([b.max_speed for b in world.agents], dtype=torch.float64)
    pos = torch.tensor(np.array([b.state.p_pos for b in world.entities]))[None]
    vel = torch.zeros(1, movers, 2, dtype=torch.float64)
    for _ in range(25):
        thrust = draw.uniform(-5, 5, (movers, 2))
        for agent, one in zip(world.agents, thrust, strict=True):
            agent.action.u, agent.action.c, agent.silent = one, np.zeros(0), True
        world.step()
        force = torch.tensor(thrust)[None] + plane.contacts(pos[:, :movers], pos, plane.reaches(size, movers), LAW)
        moved, vel = plane.move(pos[:, :movers], vel, force, LAW, mass, top)
        pos = torch.cat([moved, pos[:, movers:]], dim=1)
        theirs = np.array([b.state.p_pos for b in world.entities]), np.array([b.state.p_vel for b in world.agents])
        assert np.abs(pos[0].numpy() - theirs[0]).max() < 1e-8 and np.abs(vel[0].numpy() - theirs[1]).max() < 1e-8
