"""Every scenario as a PettingZoo environment that plays a whole episode in a moment."""

from society import registry
from society.bridges import pettingzoo as bridge

SCENARIOS = registry.names("scenarios")
SHORT = {name: {"world__episode": 12} for name in ("clean_up", "commons_harvest", "fruit_market", "sumo")} | {
    "bazaar": {"world__episode": 25},
    "double_auction": {"world__periods": 2, "world__ticks": 6},
    "sugarscape": {"world__episode": 12, "world__seats": 12, "world__size": 12},
}


def quick(name):
    """The quick preset, where a scenario has one, with short episodes: what `parallel_env` and `settled` take."""
    return {"quick": "quick" in registry.get("scenarios", name).PRESETS, **SHORT.get(name, {})}


def small(name, **options):
    return bridge.parallel_env(name, **quick(name) | options)


def small_aec(name, **options):
    return bridge.env(name, **quick(name) | options)
