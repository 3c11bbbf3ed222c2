"""Benchmarks against peers: ``tapegrad bench``, which is ``python -m benchmarks`` in a checkout."""
