"""Benchmarks against peers. Run ``python -m benchmarks``."""
