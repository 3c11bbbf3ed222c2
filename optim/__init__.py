"""Optimizers with PyTorch's names and meaning."""

import typing as _typing
import warnings as _warnings

import autograd

if not hasattr(autograd, "__tapegrad__"):
    raise ImportError(
        f"optim is part of tapegrad, but 'import autograd' gave another package, {getattr(autograd, '__file__', None)} "
        "(HIPS autograd has the same name). Uninstall that one, or use an environment of its own for tapegrad")

from autograd.errors import no_attribute as _no_attribute

from . import lr_scheduler as lr_scheduler, swa_utils as swa_utils
from .adadelta import Adadelta as Adadelta
from .adafactor import Adafactor as Adafactor
from .adagrad import Adagrad as Adagrad
from .adam import Adam as Adam
from .adamax import Adamax as Adamax
from .adamw import AdamW as AdamW
from .asgd import ASGD as ASGD
from .early_stopping import EarlyStopping as EarlyStopping
from .lbfgs import LBFGS as LBFGS
from .muon import Muon as Muon
from .nadam import NAdam as NAdam
from .optimizer import Optimizer as Optimizer
from .radam import RAdam as RAdam
from .rmsprop import RMSprop as RMSprop
from .rprop import Rprop as Rprop
from .sgd import SGD as SGD
from .sparse_adam import SparseAdam as SparseAdam
from .swap import swap_in_optimizer_params_and_state as swap_in_optimizer_params_and_state

# Overflow and division by zero give inf and nan without a warning, as in the engine.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"optim(\.|$)")

if not _typing.TYPE_CHECKING:
    def __getattr__(name):
        raise _no_attribute(__name__, name)
