"""The command line, as a newcomer meets it: training, results, interrupting, going on."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import struct
import subprocess
import sys
import time

import numpy as np
import pytest

import autograd
from autograd.io import load, save
from tapegrad import cli, runs, training
from tapegrad.runs.digits import shifted

pytest.importorskip("sklearn")
pytest.importorskip("tqdm")
pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TAPEGRAD_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # the command sets them
        monkeypatch.setenv(name, "1")


def train(capsys, *arguments):
    """Exit status, lines of output, errors."""
    status = cli.main(["train", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def command(*arguments, **options):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen([sys.executable, "-m", "tapegrad", *map(str, arguments)], env=environment, text=True, **streams)


def assert_png(path):
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n" and min(struct.unpack(">2I", content[16:24])) > 200


def test_list(capsys):
    status, lines, _ = train(capsys, "--list")
    assert status == 0 and [line.split()[0] for line in lines] == ["digits", "linear", "mlp", "iris", "moons"]


@pytest.mark.parametrize(("arguments", "words"), [
    (["train"], "choose one of digits, linear"), (["train", "nothing"], "not 'nothing'"), ([], "COMMAND"),
    (["train", "iris", "--epochs", "0"], "not a positive whole number"), (["train", "iris", "--epochs", "x"], "not a positive whole number"),
    (["fly"], "invalid choice"), (["train", "moons", "--data", "files"], "--data is for digits and mlp; moons has its own data")])
def test_wrong_usage(arguments, words, capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2 and words in capsys.readouterr().err


def test_without_a_command_the_commands_are_listed(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main([])
    errors = capsys.readouterr().err
    assert caught.value.code == 2 and all(f"\n    {name} " in errors for name in ("train", "run", "port", "bench", "graph"))


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe that nobody reads is another error on Windows")
def test_a_reader_that_has_seen_enough():
    reader, writer = os.pipe()
    os.close(reader)
    process = command("train", "--list", stdout=writer)
    os.close(writer)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1 and errors == ""


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0 and re.fullmatch(r"tapegrad \d+\.\d+\.\d+\n", capsys.readouterr().out)


@pytest.mark.parametrize("name", list(runs.RUNS))
def test_every_run_tells_and_keeps_its_results(name, capsys, tmp_path):
    status, lines, errors = train(capsys, name, "--quick", "--epochs", 2, "--out", "here")
    assert status == 0
    assert "parameters" in lines[2] and "loss" in errors  # the progress bar
    what = "loss" if name == "linear" else "accuracy"
    assert re.fullmatch(rf"test {what} \d+\.\d{{4}}", lines[-1])
    assert lines[-3:-1] == [f"weights: {os.path.join('here', 'weights.npz')}",
                            f"training curves: {os.path.join('here', 'curves.png')}"]
    assert_png(tmp_path / "here/curves.png")
    model = runs.RUNS[name].model()
    model.load_state_dict(load("here/weights.npz"))
    assert sorted(os.listdir("here")) == ["checkpoint.npz", "curves.png", "weights.npz"]


def test_digits_reaches_97_percent():
    process = command("train", "digits")
    output, errors = process.communicate(timeout=600)
    lines = output.splitlines()
    assert process.returncode == 0 and lines[2] == "model: 93,322 parameters"
    assert "1,438 samples to train on, 359 held out to test on" in lines[1]
    assert float(lines[-1].removeprefix("test accuracy ")) >= 0.97
    assert "accuracy" in errors  # the progress bar
    assert os.path.isfile("runs/digits/curves.png") and os.path.isfile("runs/digits/weights.npz")


def test_linear_finds_least_squares(capsys):
    status, lines, _ = train(capsys, "linear")
    found, = [line for line in lines if line.startswith("largest difference from least squares ")]
    assert status == 0 and float(found.split()[-1]) <= 1e-6


@pytest.mark.parametrize(("name", "least"), [("mlp", 0.9), ("iris", 0.9), ("moons", 0.95)])
def test_the_others_learn(name, least, capsys):
    status, lines, _ = train(capsys, name)
    assert status == 0 and float(lines[-1].removeprefix("test accuracy ")) >= least


def test_iris_is_scaled_by_the_training_samples_only():
    split = runs.RUNS["iris"].data(None)
    seen, unseen = (part.tensors[0].numpy() for part in (split.train, split.test))
    np.testing.assert_allclose(seen.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(seen.std(0, ddof=1), 1, rtol=1e-5)
    assert np.abs(unseen.mean(0)).max() > 1e-3


def test_shifted_images_are_the_same_images_elsewhere():
    autograd.manual_seed(0)
    images = autograd.zeros(40, 1, 28, 28)
    images[:, :, 10:18, 12:15] = autograd.rand(40, 1, 8, 3)
    moved = shifted(images).numpy()
    places: set[tuple[int, int]] = set()
    around = [(i, j) for i in range(-2, 3) for j in range(-2, 3)]
    for before, after in zip(images.numpy()[:, 0], moved[:, 0], strict=True):
        fits = [place for place in around if np.array_equal(np.roll(before, place, (0, 1)), after)]
        assert len(fits) == 1
        places.update(fits)
    assert len(places) > 15 and shifted(images).numpy().tobytes() != moved.tobytes()
    assert shifted(autograd.ones(9, 2, 28, 28)).sum() < 9 * 2 * 28 * 28  # what comes in is zero


def test_the_seed_decides_the_weights(capsys):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(capsys, "moons", "--quick", "--epochs", 2, "--seed", seed, "--out", out)
    assert bits("a") == bits("b") != bits("c")


def bits(out):
    """All weights of a finished run, to the bit."""
    return {name: (str(t.dtype), t.numpy().tobytes()) for name, t in load(f"{out}/weights.npz").items()}


def interrupt_at(step, monkeypatch, name):
    """Let Ctrl-C come while step number ``step`` computes its loss."""
    run = runs.RUNS[name]
    calls = []

    def loss(output, target):
        if output.requires_grad:  # not during the test
            calls.append(1)
            if len(calls) == step:
                signal.raise_signal(signal.SIGINT)
        return run.loss(output, target)
    monkeypatch.setitem(runs.RUNS, name, dataclasses.replace(run, loss=loss))


def test_going_on_continues_the_random_shifts(capsys, monkeypatch):
    options = ["digits", "--quick", "--epochs", 2]  # 7 steps an epoch
    assert train(capsys, *options, "--out", "whole")[0] == 0
    with monkeypatch.context() as patch:
        interrupt_at(4, patch, "digits")
        assert train(capsys, *options, "--out", "stopped")[0] == 130
    assert train(capsys, "digits", "--out", "stopped", "--resume")[0] == 0
    assert bits("stopped") == bits("whole")


@pytest.mark.parametrize("step", [1, 9, 13, 14, 26, 39])  # 13 steps an epoch: at the start, inside, at ends
def test_going_on_gives_the_same_weights_to_the_bit(step, capsys, monkeypatch):
    options = ["moons", "--quick", "--epochs", 3, "--batch-size", 16]
    assert train(capsys, *options, "--out", "whole")[0] == 0
    with monkeypatch.context() as patch:
        interrupt_at(step, patch, "moons")
        status, lines, _ = train(capsys, *options, "--out", "stopped")
    assert status == 130 and lines[-1] == "tapegrad train moons --out stopped --resume"
    assert not os.path.exists("stopped/weights.npz")
    state = load("stopped/checkpoint.npz")
    assert (state["epoch"], state["step"]) == divmod(step, 13)
    status, lines, _ = train(capsys, *lines[-1].split()[2:])
    assert status == 0 and bits("stopped") == bits("whole")
    whole, resumed = (load(f"{out}/checkpoint.npz") for out in ("whole", "stopped"))
    assert whole["history"] == resumed["history"] and len(whole["history"]) == 3
    assert str(whole) == str(resumed)


def test_two_interruptions(capsys, monkeypatch):
    options = ["iris", "--epochs", 4, "--batch-size", 32]
    train(capsys, *options, "--out", "whole")
    for step, extra in ((5, options), (3, ["iris"])):
        with monkeypatch.context() as patch:
            interrupt_at(step, patch, "iris")
            status, lines, _ = train(capsys, *extra, "--out", "stopped", *(["--resume"] if step == 3 else []))
        assert status == 130 and lines[-1].endswith("--resume")
    assert train(capsys, "iris", "--out", "stopped", "--resume")[0] == 0
    assert bits("stopped") == bits("whole")


def test_more_epochs_later(capsys):
    train(capsys, "moons", "--quick", "--epochs", 4, "--out", "whole")
    train(capsys, "moons", "--quick", "--epochs", 2, "--out", "longer")
    assert train(capsys, "moons", "--epochs", 4, "--out", "longer", "--resume")[0] == 0
    assert bits("longer") == bits("whole")


def test_resuming_what_is_done_changes_nothing(capsys):
    _, before, _ = train(capsys, "moons", "--quick", "--epochs", 1)
    weights = bits("runs/moons")
    status, after, _ = train(capsys, "moons", "--resume")
    assert status == 0 and after[-1] == before[-1] and bits("runs/moons") == weights


def test_an_unfinished_run_is_not_overwritten_unasked(capsys, monkeypatch, tmp_path):
    with monkeypatch.context() as patch:
        interrupt_at(3, patch, "moons")
        train(capsys, "moons", "--quick", "--epochs", 3, "--out", "a")
    path = tmp_path / "a/checkpoint.npz"
    kept = path.read_bytes()
    status, _, errors = train(capsys, "moons", "--quick", "--epochs", 3, "--out", "a")
    assert status == 1 and path.read_bytes() == kept
    assert "stopped in epoch 1 of 3: --resume goes on from it, --restart starts anew" in errors
    for status, options in ((0, ["--restart"]), (0, []), (0, ["--resume"])):  # what is finished may be overwritten
        assert train(capsys, "moons", "--quick", "--epochs", 3, "--out", "a", *options)[0] == status
    save({"weight": 1}, path)
    status, _, errors = train(capsys, "moons", "--quick", "--epochs", 1, "--out", "a")
    assert status == 1 and "not a checkpoint" in errors and "--restart overwrites it" in errors
    assert load(path) == {"weight": 1}
    assert train(capsys, "moons", "--quick", "--epochs", 1, "--out", "a", "--restart")[0] == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C of a terminal is sent otherwise on Windows")
def test_ctrl_c_in_a_real_process(tmp_path):
    options = ["train", "mlp", "--epochs", 40, "--batch-size", 8]
    whole = command(*options, "--out", "whole")
    _, errors = whole.communicate(timeout=120)
    assert whole.returncode == 0, errors
    stopped = command(*options, "--out", "stopped")
    deadline = time.monotonic() + 60
    while not os.path.exists("stopped/checkpoint.npz") and time.monotonic() < deadline:  # kept after each epoch
        time.sleep(0.01)
    stopped.send_signal(signal.SIGINT)
    output, errors = stopped.communicate(timeout=60)
    assert stopped.returncode == 130, errors
    assert "Traceback" not in errors and output.splitlines()[-1] == "tapegrad train mlp --out stopped --resume"
    assert 1 <= load("stopped/checkpoint.npz")["epoch"] < 40
    resumed = command(*output.splitlines()[-1].split()[1:])
    output, errors = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, errors
    assert re.fullmatch(r"test accuracy 0\.\d{4}", output.splitlines()[-1])
    assert bits("stopped") == bits("whole")
    assert (tmp_path / "stopped/weights.npz").read_bytes() == (tmp_path / "whole/weights.npz").read_bytes()


def test_what_resume_refuses(capsys, tmp_path):
    status, _, errors = train(capsys, "moons", "--resume")
    assert status == 1 and "there is no checkpoint at" in errors and "Traceback" not in errors
    train(capsys, "moons", "--quick", "--epochs", 2, "--out", "a")
    for options, words in ((["iris"], "of the run 'moons'"), (["moons", "--lr", 1], "--lr 0.01"),
                           (["moons", "--seed", 5], "--seed 0"), (["moons", "--epochs", 1], "already at epoch 2")):
        status, _, errors = train(capsys, *options, "--out", "a", "--resume")
        assert status == 1 and words in errors
    path = tmp_path / "a/checkpoint.npz"
    path.write_bytes(path.read_bytes()[:-100])
    status, _, errors = train(capsys, "moons", "--out", "a", "--resume")
    assert status == 1 and "damaged" in errors
    save({"weight": 1}, path)
    status, _, errors = train(capsys, "moons", "--out", "a", "--resume")
    assert status == 1 and "not a checkpoint" in errors


@pytest.mark.parametrize(("module", "name"), [("tqdm", "tqdm"), ("matplotlib.figure", "matplotlib"),
                                              ("sklearn", "scikit-learn")])
def test_missing_packages_are_named_with_the_remedy_before_training(module, name, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    status, lines, errors = train(capsys, "moons", "--quick", "--epochs", 1)
    assert status == 1 and name in errors and "extra 'data'" in errors and "Traceback" not in errors
    assert lines == [] and not os.path.exists("runs")


def test_all_that_is_missing_is_named_at_once(capsys, monkeypatch):
    for module in ("tqdm", "sklearn", "tensorboardX"):
        monkeypatch.setitem(sys.modules, module, None)
    _, _, errors = train(capsys, "moons", "--tensorboard")
    assert errors == ("tapegrad: error: training needs tqdm, scikit-learn and tensorboardX: pip install tqdm scikit-learn "
                      "tensorboardX, or Tapegrad with its extra 'data,viz', as pip install \".[data,viz]\"\n")


def test_the_first_step_does_not_count_in_the_time_that_is_left(capsys, monkeypatch):
    """Kernels are compiled in it, where they were not before."""
    import tqdm
    calls = []
    monkeypatch.setattr(tqdm.tqdm, "unpause", lambda bar: calls.append(bar.n))
    assert train(capsys, "moons", "--quick", "--epochs", 2)[0] == 0
    assert calls == [0]
    assert train(capsys, "moons", "--epochs", 3, "--resume")[0] == 0
    assert calls == [0, 14]  # 7 steps an epoch


def idx(array):
    return struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_mnists_files(capsys, tmp_path):
    folder = tmp_path / "files/MNIST/raw"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(idx(rng.integers(0, 256, (20, 28, 28), np.uint8)))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(rng.integers(0, 10, 20, np.uint8)))
    status, lines, _ = train(capsys, "digits", "--data", "files", "--epochs", 1)
    assert status == 0 and "MNIST in files; 20 samples to train on, 20 held out" in lines[1]
    status, _, errors = train(capsys, "digits", "--data", "nowhere", "--epochs", 1, "--out", "none")
    assert not os.path.exists("none")
    assert status == 1 and "files of MNIST were not found" in errors and "nowhere" in errors


def test_a_failed_step_leaves_the_signal_handler_as_it_was(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), training._stop():
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_event_files_where_asked_for(tmp_path, capsys):
    pytest.importorskip("tensorboardX")
    status, _, _ = train(capsys, "iris", "--epochs", 2, "--out", tmp_path, "--tensorboard")
    assert status == 0
    assert b"accuracy/test" in b"".join(p.read_bytes() for p in (tmp_path / "events").iterdir())


def test_warmup(capsys, monkeypatch, tmp_path):
    pytest.importorskip("numba")
    from autograd.kernels import ahead
    from autograd.kernels.compiled.loops import LOOPS, Loop

    def warmup(*arguments):
        def negate(x, out):
            for i in range(x.size):
                out[i] = -x[i]
        loop = Loop(negate, "F1 F1", 1.0, False)
        del LOOPS[loop.name]
        monkeypatch.setattr(ahead, "kernels", lambda d: [("loops", lambda: loop.compile(d))])
        return cli.main(["warmup", *arguments]), *capsys.readouterr()

    status, out, bar = warmup("--float64")
    assert status == 0 and "compiling" in bar
    assert re.match(r" +2 loops +\d+\.\d s\n +2 kernels +\d+\.\d s, 2 files new\nkept in ", out)
    status, out, _ = warmup()
    assert status == 0 and "   1 kernels " in out and ", 0 files new" in out
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    status, _, errors = warmup()
    assert status == 1 and "nothing can be written" in errors
