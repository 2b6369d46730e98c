"""The batched bridges move ten times the agent-steps of the dictionary one, and the benchmark says so in its rows."""

import pytest

from society.studies import bench_bridges


def test_the_batched_bridges_are_ten_times_as_fast(monkeypatch):
    for name, value in (("SCENARIOS", ("simple_spread",)), ("WORLDS", (64,)), ("TICKS", 25), ("ALONE", 75)):
        monkeypatch.setattr(bench_bridges, name, value)
    rows = bench_bridges.bench(quick=True)["rows"]
    assert [row["workload"] for row in rows] == ["simple_spread by torchrl, 64 worlds", "simple_spread by sb3, 64 worlds"]
    for row in rows:  # the median of three rounds of processor time; about 35 and 60 where it was written
        assert row["ratio"] > 10 and row["ratio_min"] <= row["ratio"] <= row["ratio_max"]
        assert row["ours"] / row["peer_value"] == pytest.approx(row["ratio"], rel=1.0)
