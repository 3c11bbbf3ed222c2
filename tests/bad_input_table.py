"""All bad inputs: loading the tables fills the lists."""

from __future__ import annotations

from bad_inputs import gradients, layers, losses, models, tensors, training
from bad_inputs.case import CASES, WARNINGS, Case

__all__ = ["CASES", "WARNINGS", "Case", "gradients", "layers", "losses", "models", "tensors", "training"]
