"""Where the names of PyTorch stand here: one table for running scripts, for porting them, and for the documentation."""

from __future__ import annotations

#: PyTorch's modules, each with our modules in which its names are looked up, in order. A module of ours that does not
#: exist has no names.
MODULES: dict[str, tuple[str, ...]] = {
    "torch": ("autograd",),
    "torch.accelerator": ("autograd.accelerator",),
    "torch.amp": ("autograd.amp",),
    "torch.autograd": ("autograd",),
    "torch.autograd.anomaly_mode": ("autograd",),
    "torch.autograd.function": ("autograd",),
    "torch.autograd.functional": ("autograd.functional",),
    "torch.autograd.grad_mode": ("autograd",),
    "torch.autograd.graph": ("autograd",),
    "torch.autograd.variable": ("autograd",),
    "torch.backends": ("autograd.backends",),
    **{f"torch.backends.{name}": (f"autograd.backends.{name}",)
       for name in ("cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp")},
    "torch.compiler": (),
    "torch.cuda": ("autograd.cuda",),
    "torch.cuda.amp": ("autograd.cuda.amp",),
    "torch.distributed": ("autograd.distributed",),
    "torch.fft": ("autograd.fft",),
    "torch.func": ("autograd.func", "nn.func"),
    "torch.functional": ("autograd",),
    "torch.jit": ("autograd.jit",),
    "torch.linalg": ("autograd.linalg",),
    "torch.mps": ("autograd.cuda",),
    "torch.nn": ("nn",),
    "torch.nn.functional": ("nn.functional",),
    "torch.nn.init": ("nn.init",),
    "torch.nn.modules": ("nn.modules", "nn"),
    **{f"torch.nn.modules.{name}": (f"nn.{place}", "nn") for name, place in {
        "activation": "activation", "adaptive": "adaptive", "batchnorm": "norm", "channelshuffle": "rearrange",
        "container": "container", "conv": "conv", "distance": "distance", "dropout": "dropout", "flatten": "rearrange",
        "fold": "rearrange", "instancenorm": "norm", "lazy": "lazy", "linear": "linear", "loss": "loss",
        "module": "module", "normalization": "norm", "padding": "padding", "pixelshuffle": "rearrange",
        "pooling": "pooling", "rnn": "rnn", "sparse": "sparse", "transformer": "transformer", "upsampling": "rearrange",
    }.items()},
    "torch.nn.parallel": ("nn",),
    "torch.nn.parallel.distributed": (),
    "torch.nn.parameter": ("nn.parameter",),
    "torch.nn.utils": ("nn.utils",),
    **{f"torch.nn.utils.{name}": (f"nn.utils.{name}", "nn.utils") for name in (
        "clip_grad", "convert_parameters", "fusion", "parametrizations", "parametrize", "prune", "rnn", "spectral_norm",
        "stateless", "weight_norm")},
    "torch.optim": ("optim",),
    "torch.optim.lr_scheduler": ("optim.lr_scheduler",),
    "torch.optim.swa_utils": ("optim.swa_utils",),
    **{f"torch.optim.{name}": (f"optim.{name}", "optim") for name in (
        "adadelta", "adagrad", "adam", "adamax", "adamw", "asgd", "lbfgs", "nadam", "optimizer", "radam", "rmsprop",
        "rprop", "sgd", "sparse_adam")},
    "torch.random": ("autograd.random",),
    "torch.return_types": ("autograd.return_types",),
    "torch.serialization": ("autograd",),
    "torch.signal": ("autograd.signal",),
    "torch.signal.windows": ("autograd.signal.windows",),
    "torch.special": ("autograd.special",),
    "torch.testing": ("autograd.testing",),
    "torch.utils": (),
    "torch.utils.checkpoint": ("autograd",),
    "torch.utils.data": ("autograd.data",),
    "torch.utils.dlpack": ("autograd",),
    "torch.utils.data.dataloader": ("autograd.data",),
    "torch.utils.data.dataset": ("autograd.data",),
    "torch.utils.data.distributed": ("autograd.distributed",),
    "torch.utils.data.sampler": ("autograd.data",),
    "torch.utils.tensorboard": ("tensorboardX",),
    "torch.version": ("autograd.version",),
    "torch.xpu": ("autograd.cuda",),
}

_DEVICE = ("device_count", "empty_cache", "is_available", "manual_seed", "manual_seed_all", "seed", "seed_all")
_SAVED = ("save_on_cpu", "saved_tensors_hooks")
_MODES = ("enable_grad", "inference_mode", "no_grad", "set_grad_enabled")

#: The names of modules that stand in one of ours with many others.
ONLY: dict[str, tuple[str, ...]] = {
    "torch.autograd": ("Function", "Variable", "backward", "detect_anomaly", "enable_grad", "grad", "inference_mode",
                       "no_grad", "set_detect_anomaly", "set_grad_enabled"),
    "torch.autograd.anomaly_mode": ("detect_anomaly", "set_detect_anomaly"),
    "torch.autograd.function": ("Function", "once_differentiable"),
    "torch.autograd.grad_mode": _MODES,
    "torch.autograd.graph": _SAVED,
    "torch.autograd.variable": ("Variable",),
    "torch.functional": (
        "atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_shapes", "broadcast_tensors",
        "cartesian_prod", "cdist", "chain_matmul", "einsum", "lu", "meshgrid", "norm", "split", "stft", "tensordot",
        "unique", "unique_consecutive", "unravel_index"),
    "torch.mps": _DEVICE,
    "torch.nn.parallel": ("DataParallel",),
    "torch.random": ("default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed",
                     "set_rng_state"),
    "torch.serialization": ("load", "save"),
    "torch.utils.checkpoint": ("checkpoint", "checkpoint_sequential"),
    "torch.utils.data.distributed": ("DistributedSampler",),
    "torch.xpu": _DEVICE,
}

#: Names of `autograd` that PyTorch keeps in other places, or that are ours alone.
NOT_IN_TORCH = frozenset((
    "Function", "NonDifferentiableError", "Variable", "backward", "checkpoint", "checkpoint_sequential",
    "detect_anomaly", "fork_rng", "functional", "grad", "once_differentiable", "save_on_cpu", "saved_tensors_hooks",
    "set_detect_anomaly", "tape", "warmup",
))
#: Likewise of other modules.
OURS_ALONE = frozenset(("torch.optim.EarlyStopping",))

#: The modules that a star import from a module brings, too.
STAR_MODULES: dict[str, tuple[str, ...]] = {
    "torch.nn": ("functional", "init", "modules", "parallel", "parameter", "utils"),
    "torch.optim": ("lr_scheduler", "swa_utils"),
}

#: Names that stand elsewhere than their module, each with the places to try in order.
NAMES: dict[str, tuple[str, ...]] = {
    "torch.__version__": ("autograd.__version__",),
    "torch.autograd.gradcheck": ("autograd.testing.gradcheck",),
    "torch.autograd.gradgradcheck": ("autograd.testing.gradgradcheck",),
    "torch.compiler.disable": ("autograd.jit.ignore",),
    "torch.compiler.is_compiling": ("autograd.jit.is_scripting",),
    "torch.nn.utils.clip_grad_norm": ("nn.utils.clip_grad_norm", "nn.utils.clip_grad_norm_"),
    "torch.nn.parallel.DistributedDataParallel": ("autograd.distributed.DistributedDataParallel",),
    "torch.nn.parallel.distributed.DistributedDataParallel": ("autograd.distributed.DistributedDataParallel",),
    "torch.utils.data.DistributedSampler": ("autograd.distributed.DistributedSampler",),
}

_TYPES = "NumPy has no such type; use float16, float32 or float64"
_DISTRIBUTED = "training runs in one process here"

#: Modules of PyTorch that Tapegrad does not have, or of which it has a few names, each with what to do instead. Scripts
#: may import them and what is in them; using it raises.
ABSENT_MODULES: dict[str, str] = {
    "torch._C": "it is PyTorch's compiled part",
    "torch._dynamo": "torch.compile gives the function itself here",
    "torch._inductor": "torch.compile gives the function itself here",
    "torch.ao": "there is no quantization",
    "torch.autograd.forward_ad": "autograd.functional.jvp computes forward-mode products",
    "torch.autograd.profiler": "use Python's cProfile",
    "torch.distributed": _DISTRIBUTED,
    "torch.distributions": "write the density in tensor operations, draw with torch.normal, torch.bernoulli, ...",
    "torch.export": "save the state_dict and build the module in Python",
    "torch.futures": "use Python's concurrent.futures",
    "torch.fx": "autograd.tape gives the recorded operations of a result",
    "torch.hub": "download the weights, and load them with torch.load",
    "torch.library": "declare an operation with autograd.primitive",
    "torch.masked": "use torch.where",
    "torch.multiprocessing": "use Python's multiprocessing; tensors are copied to other processes and not shared",
    "torch.nested": "pad the tensors, and mask",
    "torch.nn.attention": "torch.nn.functional.scaled_dot_product_attention has one implementation",
    "torch.nn.intrinsic": "there is no quantization",
    "torch.nn.qat": "there is no quantization",
    "torch.nn.quantized": "there is no quantization",
    "torch.onnx": "save the state_dict and build the module in Python",
    "torch.ops": "it is PyTorch's compiled part",
    "torch.overrides": "subclasses of Tensor cannot take over operations",
    "torch.package": "save the state_dict and build the module in Python",
    "torch.profiler": "use Python's cProfile",
    "torch.quantization": "there is no quantization",
    "torch.quasirandom": "use scipy.stats.qmc",
    "torch.sparse": "tensors are dense",
    "torch.utils.benchmark": "use Python's timeit",
    "torch.utils.cpp_extension": "write the operation in NumPy or Numba, as an autograd.Function",
    "torch.utils.data.datapipes": "use torch.utils.data.IterableDataset",
    "torch.utils.flop_counter": "count the operations of autograd.tape",
    "torch.utils.tensorboard": "it needs the package tensorboardX: pip install tensorboardX",
    "torch.utils.mobile_optimizer": "there is no compiler",
    "torch.utils.model_zoo": "download the weights, and load them with torch.load",
}

#: The same for single names of modules that are here.
ABSENT_NAMES: dict[str, str] = {
    "torch.bfloat16": _TYPES,
    "torch.complex32": "NumPy has no such type; use complex64",
    "torch.float8_e4m3fn": _TYPES,
    "torch.float8_e5m2": _TYPES,
    "torch.jit.ScriptModule": "derive from torch.nn.Module",
    "torch.jit.freeze": "modules run as Python",
    "torch.jit.load": "save the state_dict and build the module in Python",
    "torch.jit.save": "save the state_dict and build the module in Python",
    "torch.jit.script_method": "derive from torch.nn.Module",
    "torch.jit.trace": "call the module itself",
    "torch.nn.SyncBatchNorm": _DISTRIBUTED,
    "torch.uint16": "use int32",
    "torch.uint32": "use int64",
    "torch.uint64": "use int64",
}

#: Packages made of PyTorch's compiled part.
FOREIGN: dict[str, str] = {
    "torchaudio": "read the sound with scipy.io.wavfile or soundfile",
    "torchdata": "use torch.utils.data",
    "torchtext": "write the vocabulary and the tokens in Python",
    "torchvision": "autograd.data.datasets has MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100; models and transforms are "
                   "short in torch.nn",
}
