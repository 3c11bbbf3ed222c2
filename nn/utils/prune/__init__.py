"""Pruning: elements of a parameter set to zero by a mask, which stays while the parameter is trained."""

from .base import BasePruningMethod as BasePruningMethod, PruningContainer as PruningContainer
from .functions import (
    custom_from_mask as custom_from_mask,
    global_unstructured as global_unstructured,
    identity as identity,
    is_pruned as is_pruned,
    l1_unstructured as l1_unstructured,
    ln_structured as ln_structured,
    random_structured as random_structured,
    random_unstructured as random_unstructured,
    remove as remove,
)
from .methods import (
    CustomFromMask as CustomFromMask,
    Identity as Identity,
    L1Unstructured as L1Unstructured,
    LnStructured as LnStructured,
    RandomStructured as RandomStructured,
    RandomUnstructured as RandomUnstructured,
)
