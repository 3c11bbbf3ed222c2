"""The command line."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tokenize
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import __version__
from .bench.options import add_arguments as add_bench_arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = _parser()
    if not (sys.argv[1:] if argv is None else argv):
        parser.print_help(sys.stderr)  # the error would not say which commands there are
        parser.exit(2)
    arguments = parser.parse_args(argv)
    try:
        status: int = arguments.command(arguments)
        if arguments.command is not _run_script:  # a script's output is its own
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has seen enough, as with "| head"
        if arguments.command is _run_script:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("tapegrad: interrupted", file=sys.stderr)
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tapegrad", description="Training runs, pictures of graphs, and benchmarks.")
    parser.add_argument("--version", action="version", version=f"tapegrad {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="train a built-in model", description="Train a built-in model.",
                                epilog="Ctrl-C stops after the current step and keeps a checkpoint; --resume goes on "
                                       "from it and ends with the same weights as if it had never stopped.")
    train.set_defaults(command=_train, parser=train)
    train.add_argument("name", nargs="?", metavar="NAME", help="which; see --list")
    train.add_argument("--list", action="store_true", help="list the built-in runs and exit")
    train.add_argument("--epochs", type=_positive, metavar="N", help="passes over the training set")
    train.add_argument("--batch-size", type=_positive, metavar="N", help="samples in a step")
    train.add_argument("--lr", type=float, metavar="RATE", help="learning rate")
    train.add_argument("--seed", type=int, metavar="N", help="seed of the weights and of the order (default 0)")
    train.add_argument("--out", type=Path, metavar="DIR", help="where results go (default runs/NAME)")
    train.add_argument("--data", metavar="ROOT", help="a folder with MNIST's files, to train digits or mlp on them")
    train.add_argument("--quick", action="store_true", help="a trial with the first 200 samples")
    train.add_argument("--tensorboard", action="store_true",
                       help="also write the curves as event files, in the results' folder")
    again = train.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on from the checkpoint in the results' folder")
    again.add_argument("--restart", action="store_true", help="start anew, though an unfinished run lies there")
    run = commands.add_parser("run", help="run a PyTorch script as it is",
                              usage="%(prog)s [-h] (SCRIPT | -m MODULE) [ARGUMENT ...]",
                              description="Run a script written for PyTorch as it is, with Tapegrad in PyTorch's place "
                                          "in this process. What is missing raises an error that names it.")
    run.set_defaults(command=_run_script, parser=run)
    run.add_argument("-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE [ARGUMENT ...]",
                     help="run a module, as python -m does")
    run.add_argument("script", nargs="?", metavar="SCRIPT", help="the script's file")
    run.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="the script's arguments")
    port = commands.add_parser("port", help="print a PyTorch script with its imports changed",
                               description="Print a script written for PyTorch with its imports and names changed to "
                                           "Tapegrad's, and on the standard error output what will not work.",
                               epilog="Exit status: 0 if nothing is known not to work (what may work is listed with "
                                      "the word note), 1 if something will not work, 2 if the script cannot be read.")
    port.set_defaults(command=_port, parser=port)
    port.add_argument("script", type=Path, metavar="SCRIPT", help="the script's file")
    port.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the script there instead of printing it")
    bench = commands.add_parser("bench", help="measure against PyTorch and other peers",
                                description="Measure this engine against the peers that are installed, in one run.")
    bench.set_defaults(command=_bench, parser=bench)
    add_bench_arguments(bench)
    graph = commands.add_parser("graph", help="draw a computation", description="Draw a computation and its gradients.",
                                epilog="A page (.html) opens in any browser and steps through both passes; pictures "
                                       "(.svg, .png, .pdf) need Graphviz.")
    graph.set_defaults(command=_graph, parser=graph)
    graph.add_argument("name", nargs="?", metavar="EXAMPLE", help="which; see --list")
    graph.add_argument("--list", action="store_true", help="list the examples and exit")
    graph.add_argument("-o", "--out", type=Path, metavar="FILE", help="where to (default EXAMPLE.html)")
    graph.add_argument("--view", choices=("forward", "backward"), default="forward", help="which pass a picture shows")
    graph.add_argument("--depth", type=int, metavar="N", help="levels of modules to open in a picture")
    graph.add_argument("--open", action="store_true", help="show the page in the browser")
    warmup = commands.add_parser("warmup", help="compile all kernels now",
                                 description="Compile all kernels that training uses, so that later processes only "
                                             "load them. Without this, each is compiled when it first pays.")
    warmup.set_defaults(command=_warmup, parser=warmup)
    warmup.add_argument("--float64", action="store_true", help="also those for double precision")
    return parser


def _warmup(arguments: argparse.Namespace) -> int:
    import autograd
    import optim  # noqa: F401  its steps are kernels, too
    try:
        done = autograd.warmup([autograd.float32, autograd.float64] if arguments.float64 else [autograd.float32], True)
    except ImportError as error:
        print(f"tapegrad: error: {error}", file=sys.stderr)
        return 1
    for family, count in done.kernels.items():
        print(f"{count:4} {family:12} {done.seconds[family]:6.1f} s")
    print(f"{sum(done.kernels.values()):4} kernels      {sum(done.seconds.values()):6.1f} s, {done.compiled} files new")
    if done.failed:
        print(f"tapegrad: error: {done.failed} could not be compiled; NumPy computes what they would", file=sys.stderr)
        return 1
    if done.unkept:
        print(f"tapegrad: error: nothing can be written in {done.folder}, so that every process has to compile; set "
              "XDG_CACHE_HOME to a folder where it can", file=sys.stderr)
        return 1
    print(f"kept in {done.folder}")
    return 0


def _run_script(arguments: argparse.Namespace) -> int:
    # `python -m` puts the current folder there, and beside a script may lie an optim.py of its own.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    from .moving.script import run_module, run_script
    if arguments.module:
        return run_module(arguments.module[0], arguments.module[1:])
    if arguments.script is None:
        arguments.parser.error("name the script to run, or -m and a module")
    return run_script(arguments.script, arguments.arguments)


def _port(arguments: argparse.Namespace) -> int:
    from .moving.port import ported
    try:
        with open(arguments.script, "rb") as file:  # not as text, which would change the ends of lines
            encoding = tokenize.detect_encoding(file.readline)[0]
            file.seek(0)
            result = ported(file.read().decode(encoding), str(arguments.script))
        if arguments.output is None:
            print(result.source, end="")
        else:
            arguments.output.write_bytes(result.source.encode(encoding))
    except (OSError, SyntaxError, ValueError) as error:
        print(f"tapegrad: error: {error}", file=sys.stderr)
        return 2
    for finding in result.findings:
        note = "" if finding.certain else "note: "
        print(f"{arguments.script}:{finding.line}: {note}{finding.text}", file=sys.stderr)
    return 0 if result.works else 1


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return value


def _train(arguments: argparse.Namespace) -> int:
    # On the small matrices of these runs one thread is about as fast as two. More threads wait for each other at every
    # product, and that takes ten times as long while another program uses a core. BLAS reads this when it loads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("MKL_NUM_THREADS", "1")
    from .runs import RUNS
    from .training import Interrupted
    if arguments.list:
        print("\n".join(f"{run.name:8} {run.title}" for run in RUNS.values()))
        return 0
    if arguments.name not in RUNS:
        arguments.parser.error(f"choose one of {', '.join(RUNS)}" + (
            f", not {arguments.name!r}" if arguments.name else ""))
    if arguments.data is not None and not RUNS[arguments.name].reads_folder:
        able = " and ".join(run.name for run in RUNS.values() if run.reads_folder)
        arguments.parser.error(f"--data is for {able}; {arguments.name} has its own data, leave the option out")
    out = arguments.out or Path("runs") / arguments.name
    try:
        _run(RUNS[arguments.name], arguments, out)
    except Interrupted:
        place = f" --out {shlex.quote(str(out))}" if arguments.out else ""
        print(f"interrupted; the state is kept in {out / 'checkpoint.npz'}. To go on:\n"
              f"tapegrad train {arguments.name}{place} --resume")
        return 130
    except KeyboardInterrupt:  # while packages or data are loaded; training handles a later one itself
        earlier = f"; {out / 'checkpoint.npz'} is from before" if (out / "checkpoint.npz").exists() else ""
        print(f"tapegrad: stopped before the first step; nothing was saved{earlier}", file=sys.stderr)
        return 130
    except (OSError, ImportError, RuntimeError, ValueError) as error:
        print(f"tapegrad: error: {error}", file=sys.stderr)
        return 1
    return 0


def _bench(arguments: argparse.Namespace) -> int:
    from .bench.command import run
    return run(arguments)


def _run(run: Any, arguments: argparse.Namespace, out: Path) -> None:
    from .extras import require
    from .training import Settings, Training, read_checkpoint
    require("training", "tqdm", "matplotlib.figure", *(["sklearn"] if arguments.data is None else []),
            *(["tensorboardX"] if arguments.tensorboard else []))
    given = {name: value for name in ("epochs", "batch_size", "lr", "seed", "data", "quick")
             if (value := getattr(arguments, name)) is not None and value is not False}
    state = None
    if arguments.resume:
        state = read_checkpoint(out / "checkpoint.npz")
        _check_resumable(state, run.name, given)
        settings = Settings(**(state["settings"] | given))
    else:
        if not arguments.restart:
            _check_finished(out / "checkpoint.npz")
        settings = Settings(**({"epochs": run.epochs, "batch_size": run.batch_size, "lr": run.lr} | given))
    training = Training(run, settings, out, out / "events" if arguments.tensorboard else None)
    out.mkdir(parents=True, exist_ok=True)
    if state is not None:
        training.restore(state)
    _introduce(training)
    last = training.train()
    for line in run.closing(training.model, training.split):
        print(line)
    print(f"weights: {out / 'weights.npz'}")
    print(f"training curves: {out / 'curves.png'}")
    name = "accuracy" if run.metric is not None else "loss"
    print(f"test {name} {last[f'test {name}']:.4f}")


def _graph(arguments: argparse.Namespace) -> int:
    from .examples import EXAMPLES
    if arguments.list:
        print("\n".join(f"{name:8} {example.title}" for name, example in EXAMPLES.items()))
        return 0
    if arguments.name not in EXAMPLES:
        arguments.parser.error(f"choose one of {', '.join(EXAMPLES)}" + (
            f", not {arguments.name!r}" if arguments.name else ""))
    out = arguments.out or Path(f"{arguments.name}.html")
    try:
        graph = EXAMPLES[arguments.name].graph()
        graph.save(out, arguments.view, arguments.depth)
        if arguments.open:
            graph.explore().open()
    except (OSError, ImportError, RuntimeError, ValueError) as error:
        print(f"tapegrad: error: {error}", file=sys.stderr)
        return 1
    print(f"{out}: {len(graph.nodes):,} nodes")
    return 0


def _check_finished(path: Path) -> None:
    """An unfinished run is not overwritten unasked, and neither is what may be somebody else's."""
    from .training import read_checkpoint
    if not path.exists():
        return
    try:
        state = read_checkpoint(path)
    except RuntimeError as error:
        raise RuntimeError(f"{error}; --restart overwrites it, --out takes another folder") from None
    epochs = state["settings"]["epochs"]
    if state["epoch"] < epochs:
        raise ValueError(f"{path} is of a run that was stopped in epoch {state['epoch'] + 1} of {epochs}: --resume "
                         "goes on from it, --restart starts anew and overwrites it, --out takes another folder")


def _check_resumable(state: dict[str, Any], name: str, given: dict[str, Any]) -> None:
    """Only the number of epochs may change, because with anything else it would be another run."""
    if state["run"] != name:
        raise ValueError(f"the checkpoint is of the run {state['run']!r}, and not of {name!r}")
    for option, value in given.items():
        if option != "epochs" and state["settings"][option] != value:
            raise ValueError(f"the checkpoint was made with --{option.replace('_', '-')} {state['settings'][option]}: "
                             "leave the option out to go on, or start anew with --restart")
    if given.get("epochs", state["epoch"]) < state["epoch"]:
        raise ValueError(f"the checkpoint is already at epoch {state['epoch']}")


def _introduce(training: Any) -> None:
    run, split, settings = training.run, training.split, training.settings
    count = sum(p.numel() for p in training.model.parameters())
    print(f"{run.name}: {run.title}")
    print(f"data: {split.source}; {len(split.train):,} samples to train on, {len(split.test):,} held out to test on")
    print(f"model: {count:,} parameters")
    print(training.model)
    chosen = [f"{name.replace('_', ' ')} {value}" for name, value in asdict(settings).items()
              if value is not None and value is not False]
    print("settings:", ", ".join(chosen), flush=True)
