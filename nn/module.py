"""Module: a function with parameters, made of other modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Tensor, empty_like, no_grad
from autograd.dtypes import device as Device, dtype as DType, numpy_dtype, on_cpu
from autograd.errors import fail
from autograd.where import MODULE_CALLS

from .hooks import Hookable, call_with_hooks
from .members import Registering
from .parameter import Uninitialized
from .place import locate, path_of
from .state import Stateful
from .tree import Tree


class Module(Registering, Tree, Hookable, Stateful):
    """The base of everything that has parameters: layers, and models made of layers.

    A subclass calls ``super().__init__()``, assigns Parameters, buffers and other modules to attributes, and defines
    ``forward``. What it assigns is registered: it appears in ``parameters()``, ``state_dict()`` and the repr.

    >>> import autograd, nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(autograd.tensor(2.))
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> Scale()(autograd.tensor([1., 2.]))
    tensor([2., 4.], grad_fn=<MulBackward0>)
    """

    training: bool

    #: Whether ``__init__`` goes on to the class after `Module` in the order of a subclass, with the arguments it got.
    call_super_init = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            got = f"got an unexpected keyword argument '{next(iter(kwargs))}'" if kwargs else (
                f"takes 1 positional argument but {len(args) + 1} were given")
            fail(TypeError, f"{type(self).__name__}.__init__() {got}")
        vars(self)["training"] = True
        self._init_members()
        self._init_hooks()
        self._init_state_hooks()
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass defines it."""
        fail(NotImplementedError, f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self._hooked:
                return call_with_hooks(self, args, kwargs)
            return self.forward(*args, **kwargs)
        except Exception as error:
            locate(error, self, args, kwargs)
            raise

    def _hint(self, *args: Any, **kwargs: Any) -> str | None:
        """What would put a failed call with these arguments right, in words, or None; asked only after an error."""
        return None

    # --- what is done to all ------------------------------------------------------------------------------

    def apply(self, fn: Callable[[Module], None]) -> Any:
        """Call ``fn`` on every module below this one, children first, and on this one; returns the module.

        >>> import nn
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        >>> _ = model.apply(lambda m: print(type(m).__name__))
        Linear
        ReLU
        Sequential
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        """Put ``fn(t)`` in place of the values of every parameter, gradient and buffer ``t``."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for param in self._parameters.values():
            if param is None:
                continue
            if isinstance(param, Uninitialized):
                param.convert(fn)
                continue
            grad = param.grad
            with no_grad():
                param.data = fn(param)
                if grad is not None:
                    grad.data = fn(grad)
                    param.grad = grad
        for name, buffer in self._buffers.items():
            if isinstance(buffer, Uninitialized):
                buffer.convert(fn)
            elif buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Convert floating parameters and buffers in place; returns the module.

        Args:
            args, kwargs: a dtype, a device (the CPU is the only one), or a tensor whose dtype to take; ``dtype=`` and
                ``device=`` too. ``non_blocking`` and ``memory_format`` are accepted.

        Raises:
            TypeError: the dtype is neither floating nor complex.
            RuntimeError: a device other than the CPU.

        >>> import autograd, nn
        >>> nn.Linear(2, 1).to(autograd.float64).weight.dtype
        autograd.float64
        """
        dtype = kwargs.pop("dtype", None)
        on_cpu(kwargs.pop("device", None))
        for value in (*args, kwargs.pop("tensor", None)):
            if isinstance(value, Tensor):
                dtype = value.dtype
            elif isinstance(value, (str, Device)):
                on_cpu(value)
            elif isinstance(value, DType):
                dtype = value
        kwargs.pop("non_blocking", None)
        kwargs.pop("memory_format", None)
        if kwargs:
            fail(TypeError, f"to() got an unexpected keyword argument {next(iter(kwargs))!r}")
        if dtype is None:
            return self
        target = numpy_dtype(dtype)
        if target.kind not in "fc":
            fail(TypeError, f"nn.Module.to only accepts floating point or complex dtypes, but got desired "
                            f"dtype={dtype}")
        return self._apply(lambda t: t.to(dtype) if t._a.dtype.kind in "fc" else t)

    def float(self) -> Any:
        """Convert floating parameters and buffers to float32."""
        return self._to_float("float32")

    def double(self) -> Any:
        """Convert floating parameters and buffers to float64."""
        return self._to_float("float64")

    def half(self) -> Any:
        """Convert floating parameters and buffers to float16."""
        return self._to_float("float16")

    def _to_float(self, name: str) -> Any:
        return self._apply(lambda t: t.to(numpy_dtype(name)) if t._a.dtype.kind == "f" else t)

    def type(self, dst_type: Any) -> Any:
        """Convert all parameters and buffers to ``dst_type``."""
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self) -> Any:
        """The module itself: it lives on the CPU."""
        return self

    def cuda(self, device: Any = None) -> Any:
        """Raises: there is no such device here."""
        on_cpu(Device("cuda") if device is None or isinstance(device, int) else device)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """Give parameters and buffers memory that nobody has filled, of their shapes; returns the module."""
        on_cpu(device or "cpu")
        return self._apply(empty_like, recurse)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Accepted, and changes nothing: there is no compiler of whole modules, and results would be the same."""

    def share_memory(self) -> Any:
        """The module itself: there are no processes to share with."""
        return self

    def train(self, mode: bool = True) -> Any:
        """Set training mode for this module and all below it: dropout drops, batch norm uses the batch's statistics.

        Returns the module.
        """
        if not isinstance(mode, bool):
            fail(ValueError, "training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Any:
        """Set evaluation mode, which is ``train(False)``; returns the module.

        >>> import nn
        >>> nn.Dropout().eval().training
        False
        """
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Set whether the parameters are trained; returns the module."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Take away the gradients of all parameters, or with ``set_to_none=False`` set them to zero."""
        for param in self.parameters():
            grad = param.grad
            if grad is None:
                continue
            if set_to_none:
                param.grad = None
            else:
                param.grad = grad.detach()
                param.grad.zero_()

    # --- how it prints ------------------------------------------------------------------------------------

    def _get_name(self) -> str:
        return self.__class__.__name__

    def extra_repr(self) -> str:
        """What stands in the repr between the brackets, before the children."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        child_lines = ["({}): {}".format(name, repr(child).replace("\n", "\n  "))
                       for name, child in self._modules.items()]
        if len(extra_lines) == 1 and not child_lines:
            return f"{self._get_name()}({extra})"
        lines = extra_lines + child_lines
        return f"{self._get_name()}(" + ("\n  " + "\n  ".join(lines) + "\n" if lines else "") + ")"


MODULE_CALLS[Module.__call__.__code__] = path_of
