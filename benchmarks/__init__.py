"""``python -m benchmarks`` in a checkout is ``tapegrad bench``; the benchmarks are in tapegrad/bench."""
