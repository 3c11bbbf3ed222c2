"""Making tensors: types, shapes, shared memory, ranges, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


@pytest.mark.parametrize(("data", "dtype"), [
    (1, ag.int64), (1.0, ag.float32), (True, ag.bool), (1j, ag.complex64), ([], ag.float32), ([[]], ag.float32),
    ([1, 2.5], ag.float32), ([True, 2], ag.int64), ([1, 2j], ag.complex64), ((1, 2), ag.int64), (range(3), ag.int64),
    (np.float64(1), ag.float64), ([np.float64(1)], ag.float64), ([1, np.float32(1)], ag.float32),
    (np.int16(1), ag.int16),
    ([np.int8(1), 2], ag.int64), (np.zeros(2, np.float16), ag.float16), ([np.zeros(2), np.ones(2)], ag.float64),
    ([np.bool_(True)], ag.bool), (np.array(True), ag.bool),
], ids=str)
def test_inferred_types(data: object, dtype: ag.dtype) -> None:
    t = ag.tensor(data)
    assert t.dtype is dtype
    np.testing.assert_array_equal(t.numpy(), np.array(data))


def test_tensors_among_the_data() -> None:
    assert ag.tensor([ag.tensor(1.0), 2]).tolist() == [1.0, 2.0]
    assert ag.tensor([ag.tensor([1], dtype=ag.int32)]).dtype is ag.int32
    with pytest.raises(ValueError, match="only one element tensors"):
        ag.tensor([ag.ones(2), ag.ones(2)])


def test_tensor_copies_and_as_tensor_shares() -> None:
    a = np.zeros(2)
    copies, shared = ag.tensor(a), [ag.as_tensor(a), ag.from_numpy(a), ag.asarray(a)]
    a[0] = 1
    assert copies.tolist() == [0.0, 0.0] and all(t.tolist() == [1.0, 0.0] for t in shared)
    t = ag.ones(2)
    assert ag.as_tensor(t) is t and ag.asarray(t) is t and ag.tensor(t).data_ptr() != t.data_ptr()
    assert ag.as_tensor(t, dtype=ag.float64).dtype is ag.float64


def test_asarray_and_gradients() -> None:
    t = ag.ones(2, requires_grad=True)
    assert ag.asarray(t) is t and not ag.asarray(t, requires_grad=False).requires_grad
    assert ag.asarray(t, copy=True).data_ptr() != t.data_ptr()
    with pytest.raises(ValueError, match="can't alias"):
        ag.asarray([1], copy=False)


@pytest.mark.parametrize(("data", "options", "kind", "words"), [
    ([[1, 2], [3]], {}, ValueError, r"expected sequence of length 2 at dim 1 \(got 1\)"),
    ([[1, 2], 3], {}, TypeError, "not a sequence"),
    ([1, [2, 3]], {}, TypeError, "'list' object cannot be interpreted"),
    ("a", {}, TypeError, "invalid data type 'str'"),
    (["a"], {}, ValueError, "too many dimensions 'str'"),
    (None, {}, RuntimeError, "Could not infer dtype of NoneType"),
    ([1, None], {}, RuntimeError, "Could not infer dtype of NoneType"),
    ({1: 2}, {}, RuntimeError, "Could not infer dtype of dict"),
    (2**63, {}, ValueError, "Overflow"),
    (300, {"dtype": ag.int8}, RuntimeError, "without overflow"),
    ([float("nan")], {"dtype": ag.int64}, RuntimeError, "without overflow"),
    ([1j], {"dtype": ag.float32}, TypeError, "must be real number, not complex"),
    (np.array(["a"]), {}, TypeError, "can't convert np.ndarray of type numpy.str_"),
    (np.array([1], np.uint16), {}, TypeError, "uint16 are not supported"),
    (np.array([1, None]), {}, TypeError, "can't convert np.ndarray of type numpy.object_"),
    (np.array([1.0], ">f8"), {}, ValueError, "byte order"),
    ([1], {"requires_grad": True}, RuntimeError, "Only Tensors of floating point and complex dtype"),
    ([1], {"device": "cuda"}, RuntimeError, "not available"),
    ([1], {"dtype": "float99"}, TypeError, "float99"),
], ids=str)
def test_refused_data(data: object, options: dict[str, object], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        ag.tensor(data, **options)


def test_numbers_are_converted_to_the_type_asked_for() -> None:
    assert ag.tensor(1.7, dtype=ag.int64).item() == 1 and ag.tensor(-1, dtype=ag.uint8).item() == 255
    assert ag.tensor([0.5, 0.0], dtype=ag.bool).tolist() == [True, False]
    assert ag.tensor(1e300).item() == np.inf and ag.tensor([1], dtype=float).dtype is ag.float64


def test_the_default_type() -> None:
    ag.set_default_dtype(ag.float64)
    try:
        made = [ag.tensor(1.5), ag.tensor([1.5]), ag.zeros(2), ag.arange(1.0), ag.linspace(0, 1, 2), ag.eye(2)]
        made.append(ag.full((2,), 0.5))
        assert all(t.dtype is ag.float64 for t in made) and ag.tensor(1j).dtype is ag.complex128
    finally:
        ag.set_default_dtype(ag.float32)


@pytest.mark.parametrize("make", [ag.zeros, ag.ones, ag.empty])
def test_sizes(make) -> None:
    for t in (make(2, 3), make((2, 3)), make([2, 3]), make(size=(2, 3)), make(ag.zeros(2, 3).shape),
              make(ag.tensor(2), 3)):
        assert t.shape == (2, 3) and t.dtype is ag.float32
    assert make(()).shape == () and make(0, 2).shape == (0, 2) and make(2, dtype=ag.int8).dtype is ag.int8
    for bad, kind in (((), TypeError), ((2.0,), TypeError), ((-1,), RuntimeError)):
        with pytest.raises(kind, match="size"):
            make(*bad)


def test_like_and_new() -> None:
    t = ag.tensor([[1, 2, 3]])
    assert ag.zeros_like(t).tolist() == [[0, 0, 0]] and ag.ones_like(t, dtype=ag.float64).dtype is ag.float64
    assert ag.full_like(t, 1.7).tolist() == [[1, 1, 1]] and ag.empty_like(t).shape == (1, 3)
    assert t.new_zeros(2, 2).dtype is ag.int64 and t.new_ones((2,)).tolist() == [1, 1]
    assert t.new_full((2,), 3.5).tolist() == [3, 3] and t.new_tensor([1.5]).tolist() == [1]
    assert t.new_empty(0).shape == (0,) and t.new_empty_strided((2, 2), (1, 2)).stride() == (1, 2)
    with pytest.raises(TypeError, match="must be Tensor, not list"):
        ag.zeros_like([1])


def test_full() -> None:
    assert ag.full((2,), 1).dtype is ag.int64 and ag.full((2,), 1.0).dtype is ag.float32
    assert ag.full((2,), True).dtype is ag.bool and ag.full((), 1j).dtype is ag.complex64
    assert ag.full((2,), ag.tensor(3)).tolist() == [3, 3]
    with pytest.raises(TypeError, match="must be tuple of ints"):
        ag.full(2, 1)
    with pytest.raises(TypeError, match="must be Number, not str"):
        ag.full((2,), "a")
    with pytest.raises(RuntimeError, match="without overflow"):
        ag.full((2,), float("nan"), dtype=ag.int64)


@pytest.mark.parametrize("args", [
    (5,), (5.0,), (1, 5, 2), (5, 1, -1), (0, 1, 0.25), (1, 2.5), (3, 3), (0, -1, -0.3), (2.5, 7, 3)])
def test_arange_like_numpy(args: tuple[float, ...]) -> None:
    t = ag.arange(*args)
    assert t.dtype is (ag.int64 if all(isinstance(a, int) for a in args) else ag.float32)
    np.testing.assert_allclose(t.numpy(), np.arange(*args), rtol=1e-6)
    expected = np.arange(*args, dtype=np.float64)
    np.testing.assert_allclose(ag.arange(*args, dtype=ag.float64).numpy(), expected, rtol=1e-15)


def test_arange_spelled_out() -> None:
    assert ag.arange(end=2).tolist() == [0, 1] and ag.arange(start=1, end=3).tolist() == [1, 2]
    assert ag.arange(1, end=7, step=3).tolist() == [1, 4] and ag.arange(ag.tensor(2)).tolist() == [0, 1]


@pytest.mark.parametrize(("args", "words"), [
    ((5, 1), "inconsistent with step sign"), ((0, 5, 0), "step must be nonzero"),
    ((float("inf"),), "unsupported range"),
])
def test_arange_refuses(args: tuple[float, ...], words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        ag.arange(*args)


def test_linspace_and_logspace() -> None:
    for steps in (0, 1, 2, 5, 50):
        np.testing.assert_allclose(ag.linspace(-1, 3, steps).numpy(), np.linspace(-1, 3, steps), rtol=1e-6, atol=1e-7)
    assert ag.linspace(0.1, 0.7, 9)[-1].item() == np.float32(0.7)
    assert ag.linspace(0, 10, 5, dtype=ag.int64).tolist() == [0, 2, 5, 7, 10]
    np.testing.assert_allclose(ag.linspace(0, 1j, 3).numpy(), [0, 0.5j, 1j])
    np.testing.assert_allclose(ag.logspace(0, 2, 3, base=2).numpy(), [1, 2, 4])
    with pytest.raises(RuntimeError, match="non-negative"):
        ag.linspace(0, 1, -1)


def test_eye_and_strided_memory() -> None:
    np.testing.assert_array_equal(ag.eye(2, 3).numpy(), np.eye(2, 3))
    assert ag.eye(2, dtype=ag.bool).dtype is ag.bool
    with pytest.raises(RuntimeError, match="greater or equal to 0"):
        ag.eye(-1)
    assert ag.empty_strided((2, 3), (1, 2)).stride() == (1, 2)
    assert ag.empty_permuted((2, 3, 4), (2, 0, 1)).stride() == (3, 1, 6)
    assert ag.frombuffer(bytearray(b"\x01\x02"), dtype=ag.uint8).tolist() == [1, 2]
