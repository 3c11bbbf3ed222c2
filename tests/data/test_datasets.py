"""Ready-made data sets: where their files are searched, what is checked, how they are downloaded."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import socket
import struct
import sys
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

import autograd
from autograd.data import DataLoader
from autograd.data.datasets import CIFAR10, MNIST, DatasetNotFound, FashionMNIST, files, tables
from autograd.data.datasets.files import Files, Resource


@pytest.fixture(autouse=True)
def no_data_of_this_user(tmp_path, monkeypatch):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("TAPEGRAD_DATA", raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


def idx(array):
    array = np.asarray(array, np.uint8)
    return struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


IMAGES = np.random.default_rng(0).integers(0, 256, (6, 28, 28))
LABELS = np.array([3, 1, 4, 1, 5, 9])


def put(folder, images=None, labels=None, part="train", packed=False):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in ((f"{part}-images-idx3-ubyte", idx(IMAGES) if images is None else images),
                          (f"{part}-labels-idx1-ubyte", idx(LABELS) if labels is None else labels)):
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("where", ["MNIST/raw", "MNIST", "."])
def test_mnist(tmp_path, where, packed):
    put(tmp_path / where, packed=packed)
    data = MNIST(tmp_path)
    assert len(data) == 6 and data.targets.tolist() == LABELS.tolist() and data.data.dtype is autograd.uint8
    image, label = data[2]
    assert label == 4 and type(label) is int and image.shape == (1, 28, 28) and image.dtype is autograd.float32
    np.testing.assert_array_equal(image.numpy()[0], IMAGES[2].astype(np.float32) / 255)
    with pytest.raises(IndexError):
        data[6]


def test_train_and_test_are_different_files(tmp_path):
    put(tmp_path / "MNIST/raw")
    put(tmp_path / "MNIST/raw", idx(IMAGES[:2]), idx(LABELS[:2]), "t10k")
    assert len(MNIST(tmp_path)) == 6 and len(MNIST(tmp_path, train=False)) == 2


def test_gathering_gives_what_stacking_gives(tmp_path):
    put(tmp_path / "MNIST/raw")
    fast = next(iter(DataLoader(MNIST(tmp_path), batch_size=4)))
    slow = next(iter(DataLoader(MNIST(tmp_path, transform=lambda x: x), batch_size=4)))
    for a, b in zip(fast, slow, strict=True):
        assert a.dtype is b.dtype and a.tolist() == b.tolist()


def test_transforms(tmp_path):
    put(tmp_path / "MNIST/raw")
    data = MNIST(tmp_path, transform=lambda x: x.sum(), target_transform=str)
    assert data[0][0].shape == () and data[0][1] == "3"


def test_order_of_search(tmp_path, monkeypatch):
    places = [tmp_path / "root", tmp_path / "variable", tmp_path / "home/tapegrad" if sys.platform == "linux"
              else files.user_cache()]
    monkeypatch.setenv("TAPEGRAD_DATA", str(places[1]))
    for n, place in reversed(list(enumerate(places, 1))):
        put(place / "FashionMNIST/raw", idx(IMAGES[:n]), idx(LABELS[:n]))
        assert len(FashionMNIST(places[0])) == n
    with pytest.raises(DatasetNotFound):  # what lies elsewhere is not taken for it
        MNIST(places[0])


def test_files_of_another_set_are_not_taken_from_a_shared_folder(tmp_path, monkeypatch):
    put(tmp_path)  # FashionMNIST's files have the same names
    monkeypatch.setenv("TAPEGRAD_DATA", str(tmp_path))
    with pytest.raises(DatasetNotFound):
        MNIST()


@pytest.mark.parametrize("cls", [MNIST, FashionMNIST, CIFAR10])
def test_not_found_says_everything_at_once_and_offline(cls, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was used without being asked")
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setenv("TAPEGRAD_DATA", str(tmp_path / "variable"))
    started = time.monotonic()
    with pytest.raises(DatasetNotFound) as caught:
        cls(tmp_path / "root", train=False)
    assert time.monotonic() - started < 1
    text = str(caught.value)
    wanted = [str(tmp_path / "root"), str(tmp_path / "variable"), str(files.user_cache()), "download=True",
              "TAPEGRAD_DATA"]
    for resource in [cls.archive] if cls is CIFAR10 else cls.resources[2:]:
        wanted += [resource.name, f"{resource.size:,} bytes", resource.md5]
    for words in wanted:
        assert words in text
    assert isinstance(caught.value, FileNotFoundError)
    assert list(tmp_path.iterdir()) == []


def header(magic, *sizes):
    return magic + struct.pack(f">{len(sizes)}I", *sizes)


@pytest.mark.parametrize(("images", "labels", "words"), [
    (idx(IMAGES)[:-1], None, r"4,719 bytes where its header.*4,720"), (idx(IMAGES) + b"x", None, "4,721 bytes"),
    (idx(LABELS), None, "magic number"), (b"<html>not found</html>", None, "magic number"), (b"", None, "magic number"),
    (idx(IMAGES)[:9], None, "cut short"), (header(b"\0\0\x08\x03", 2**31, 2**31, 2**31), None, "bytes where"),
    (idx(np.zeros((6, 28, 27))), None, "28 x 28"), (None, idx(LABELS[:5]), "5 labels"),
    (None, idx([0, 1, 2, 3, 4, 10]), "label 10"), (header(b"\0\0\x0d\x03", 6, 28, 28), None, "magic number")])
@pytest.mark.parametrize("packed", [False, True])
def test_damaged_mnist(tmp_path, images, labels, words, packed):
    put(tmp_path / "MNIST/raw", images, labels, packed=packed)
    with pytest.raises(RuntimeError, match=words):
        MNIST(tmp_path)


def test_damaged_gzip(tmp_path):
    put(tmp_path / "MNIST/raw", packed=True)
    path = tmp_path / "MNIST/raw/train-images-idx3-ubyte.gz"
    for content in (path.read_bytes()[:-5], path.read_bytes()[:2000] + b"xxxx" + path.read_bytes()[2004:]):
        path.write_bytes(content)
        with pytest.raises(RuntimeError, match="cannot be unpacked"):
            MNIST(tmp_path)


def batch(labels, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (len(labels), 3072), np.uint8)
    return np.concatenate([np.array(labels, np.uint8)[:, None], pixels], 1).tobytes()


def archive(members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


CIFAR = {f"data_batch_{i}.bin": batch([i, 0], i) for i in range(1, 6)} | {"test_batch.bin": batch([9])}


@pytest.mark.parametrize("where", [".", "cifar-10-batches-bin", "archive"])
def test_cifar(tmp_path, where):
    if where == "archive":
        (tmp_path / CIFAR10.archive.name).write_bytes(archive(CIFAR))
    else:
        (tmp_path / where).mkdir(exist_ok=True)
        for name, content in CIFAR.items():
            (tmp_path / where / name).write_bytes(content)
    data = CIFAR10(tmp_path)
    assert data.targets.tolist() == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0] and data.data.shape == (10, 3, 32, 32)
    raw = np.frombuffer(CIFAR["data_batch_2.bin"], np.uint8)[1:3073].reshape(3, 32, 32)
    np.testing.assert_array_equal(data[2][0].numpy(), raw.astype(np.float32) / 255)
    assert CIFAR10(tmp_path, train=False).targets.tolist() == [9] and len(data.classes) == 10


@pytest.mark.parametrize(("content", "words"), [
    (batch([1])[:-1], "3,072 bytes"), (b"", "0 bytes"), (batch([10]), "label 10")])
def test_damaged_cifar(tmp_path, content, words):
    (tmp_path / "test_batch.bin").write_bytes(content)
    with pytest.raises(RuntimeError, match=words):
        CIFAR10(tmp_path, train=False)


def test_damaged_cifar_archive(tmp_path):
    path = tmp_path / CIFAR10.archive.name
    path.write_bytes(archive({"readme.html": b"x"}))
    with pytest.raises(RuntimeError, match=r"does not hold test_batch\.bin"):
        CIFAR10(tmp_path, train=False)
    path.write_bytes(archive(CIFAR)[:-2000])
    with pytest.raises(RuntimeError, match="cannot be unpacked"):
        CIFAR10(tmp_path)


class Handler(BaseHTTPRequestHandler):
    """``/good/name`` serves the file, and other folders serve what servers also do."""

    def do_GET(self):
        kind, name = self.path.strip("/").split("/")
        content = self.server.content.get(name, b"")
        self.server.asked.append(kind)
        if kind == "busy":
            self.send_error(503)
            return
        if kind == "page":
            content = b"\n <!DOCTYPE html><title>Log in to this network</title>"
        if kind == "changed":
            content = content[:-1] + bytes([content[-1] ^ 1])
        if kind == "longer":
            content += b"x"
        if kind == "silent":
            time.sleep(3)
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:100] if kind == "cut" else content)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content, server.asked = {}, []
        server.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def resource(server, name, content, also=()):
    server.content[name] = content
    return Resource(name, len(content), hashlib.md5(content).hexdigest(), also)


@pytest.fixture
def small_mnist(server, monkeypatch):
    """MNIST whose published files are the small ones of this test."""
    packed = [gzip.compress(idx(a)) for a in (IMAGES, LABELS, IMAGES[:2], LABELS[:2])]
    monkeypatch.setattr(MNIST, "resources", tuple(
        resource(server, r.name, content, r.also) for r, content in zip(MNIST.resources, packed, strict=True)))
    return server


def test_download(small_mnist, tmp_path):
    server = small_mnist
    mirrors = [f"{server.address}/busy", f"{server.address}/good/"]
    data = MNIST(tmp_path, download=True, mirrors=mirrors)
    assert data.targets.tolist() == LABELS.tolist() and server.asked == ["busy", "good"] * 2
    assert sorted(os.listdir(tmp_path / "MNIST/raw")) == ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]
    MNIST(tmp_path, download=True, mirrors=mirrors)
    assert len(server.asked) == 4  # what is there is not fetched again


def test_downloads_go_to_the_variable_or_the_cache(small_mnist, tmp_path, monkeypatch):
    mirrors = [f"{small_mnist.address}/good"]
    MNIST(download=True, mirrors=mirrors)
    assert (files.user_cache() / "MNIST/raw/train-labels-idx1-ubyte.gz").is_file()
    monkeypatch.setenv("TAPEGRAD_DATA", str(tmp_path / "variable"))
    MNIST(train=False, download=True, mirrors=mirrors)
    assert (tmp_path / "variable/MNIST/raw/t10k-labels-idx1-ubyte.gz").is_file()


def test_every_kind_of_failure_is_told_and_leaves_nothing(small_mnist, tmp_path):
    size = MNIST.resources[0].size
    reasons = {"busy": "503", "page": "web page", "cut": f"100 of {size:,} bytes", "changed": "md5",
               "longer": "more than"}
    with pytest.raises(DatasetNotFound) as caught:
        MNIST(tmp_path, download=True, mirrors=[f"{small_mnist.address}/{kind}" for kind in reasons])
    lines = str(caught.value).splitlines()
    assert "could not be downloaded" in lines[0]
    for line, (kind, words) in zip(lines[1:], reasons.items(), strict=False):
        assert f"/{kind}/train-images" in line and words in line
    assert MNIST.resources[0].md5 in lines[-1] and str(tmp_path) in lines[-1]
    assert [f for _, _, names in os.walk(tmp_path) for f in names] == []


def test_servers_that_cannot_be_reached_or_do_not_answer(server, tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}"
    wanted = resource(server, "f", b"content")
    for mirror, words in ((closed, "cannot be reached"), (f"{server.address}/silent", "timed out"),
                          ("nonsense", "unknown url type")):
        found = Files("Test", tmp_path, ["sub"], [mirror], timeout=0.5)
        with pytest.raises(DatasetNotFound, match=words):
            found.get([wanted], download=True)
    with pytest.raises(DatasetNotFound, match="no mirror"):
        Files("Test", tmp_path, ["sub"], []).get([wanted], download=True)


def test_cifar_download(server, tmp_path, monkeypatch):
    monkeypatch.setattr(CIFAR10, "archive", resource(server, CIFAR10.archive.name, archive(CIFAR)))
    assert len(CIFAR10(tmp_path, download=True, mirrors=[f"{server.address}/good"])) == 10


def test_published_sums():
    """The names, sizes and MD5 sums are facts about published files; this pins what was looked up."""
    listed = {r.name: (r.size, r.md5) for r in MNIST.resources}
    assert listed["t10k-labels-idx1-ubyte.gz"] == (4542, "ec29112dd5afa0611ce80d1b7f02629c")
    assert {len(r.md5) for r in (*MNIST.resources, *FashionMNIST.resources, CIFAR10.archive)} == {32}
    assert len({r.md5 for r in (*MNIST.resources, *FashionMNIST.resources)}) == 8


sklearn = pytest.importorskip("sklearn.datasets")


@pytest.mark.parametrize(("name", "shape", "classes"), [
    ("load_iris", (150, 4), 3), ("load_wine", (178, 13), 3), ("load_breast_cancer", (569, 30), 2),
    ("load_digits", (1797, 1, 8, 8), 10), ("load_diabetes", (442, 10), None), ("make_moons", (200, 2), 2),
    ("make_circles", (200, 2), 2), ("make_blobs", (200, 2), 3)])
def test_tables(name, shape, classes):
    table = getattr(tables, name)()
    assert table.data.shape == shape and table.data.dtype is autograd.float32 and len(table) == shape[0]
    if classes is None:
        assert table.targets.dtype is autograd.float32
    else:
        assert table.targets.dtype is autograd.int64 and len(set(table.targets.tolist())) == classes
    x, y = table[3]
    assert x.tolist() == table.data[3].tolist() and y.item() == table.targets[3].item()
    assert getattr(tables, name)().data.tolist() == table.data.tolist()


def test_iris_is_scikit_learns():
    bunch = sklearn.load_iris()
    table = tables.load_iris()
    np.testing.assert_array_equal(table.data.numpy(), bunch.data.astype(np.float32))
    np.testing.assert_array_equal(table.targets.numpy(), bunch.target)
    assert table.feature_names == tuple(bunch.feature_names) and table.target_names[2] == "virginica"


def test_digits_are_interpolated_bilinearly():
    small, large = tables.load_digits(), tables.load_digits(size=28)
    np.testing.assert_array_equal(small.data.numpy()[:, 0], (sklearn.load_digits().images / 16).astype(np.float32))
    assert large.data.shape == (1797, 1, 28, 28)
    ramp = tables._bilinear(8, 28) @ np.arange(8.0)
    np.testing.assert_allclose(ramp, np.clip((np.arange(28) + 0.5) * 8 / 28 - 0.5, 0, 7), atol=1e-12)
    np.testing.assert_array_equal(tables._bilinear(8, 8), np.eye(8))


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        tables.load_iris()
