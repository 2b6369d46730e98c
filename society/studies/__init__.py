"""Reproductions of published results and benchmarks beside peers, one file each, found by name."""
