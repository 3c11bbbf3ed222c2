"""Threads, BLAS and memory of the machine."""
