"""How kernels are compiled, when, and where they are kept."""
