"""The data sets of scikit-learn, as tensors. It is imported when one is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...creation import tensor
from ...dtypes import DEFAULT
from ..dataset import TensorDataset


class Table(TensorDataset):
    """Rows of features with targets. Sample ``i`` is ``(features, target)``.

    Attributes:
        data: all features, of the default float type, [N, ...].
        targets: all targets: int64 classes, or floats, [N].
        feature_names, target_names: what the columns and the classes are called, where they have names.
    """

    def __init__(self, data: Any, targets: Any, feature_names: Any = (), target_names: Any = ()) -> None:
        data, targets = np.asarray(data, DEFAULT.float), np.asarray(targets)
        self.data = tensor(data)
        self.targets = tensor(targets.astype(np.int64 if targets.dtype.kind in "iu" else DEFAULT.float))
        self.feature_names = tuple(map(str, feature_names))
        self.target_names = tuple(map(str, target_names))
        super().__init__(self.data, self.targets)


def _sklearn() -> Any:
    try:
        import sklearn.datasets
    except ImportError as error:
        raise ImportError("this data set comes with scikit-learn, which is not installed: pip install scikit-learn, "
                          "or Tapegrad with its extra 'data'") from error
    return sklearn.datasets


def _table(bunch: Any) -> Table:
    return Table(bunch.data, bunch.target, bunch.get("feature_names", ()), bunch.get("target_names", ()))


def load_iris() -> Table:
    """Fisher's irises: 150 flowers, 4 lengths in cm, 3 species.

    >>> from autograd.data.datasets import load_iris
    >>> iris = load_iris()
    >>> iris.data.shape, iris.target_names
    (Size([150, 4]), ('setosa', 'versicolor', 'virginica'))
    """
    return _table(_sklearn().load_iris())


def load_wine() -> Table:
    """Wines of one region: 178 samples, 13 chemical measures, 3 growers."""
    return _table(_sklearn().load_wine())


def load_breast_cancer() -> Table:
    """Breast tumours (Wisconsin): 569 samples, 30 measures, malignant (0) or benign (1)."""
    return _table(_sklearn().load_breast_cancer())


def load_diabetes() -> Table:
    """Diabetes progression: 442 patients, 10 scaled measures, a float target."""
    return _table(_sklearn().load_diabetes())


def load_digits(size: int = 8) -> Table:
    """1,797 handwritten digits, as images [1, size, size] with values in [0, 1].

    Args:
        size: height and width; other than the original 8 they are interpolated bilinearly.
    """
    bunch = _sklearn().load_digits()
    weights = _bilinear(8, size)
    images = weights @ (bunch.images / 16.0) @ weights.T
    return Table(images[:, None], bunch.target, (), bunch.target_names)


def make_moons(n_samples: int = 200, noise: float = 0.1, random_state: int = 0) -> Table:
    """Two interleaving half circles in the plane, with Gaussian noise; 2 classes."""
    return Table(*_sklearn().make_moons(n_samples, noise=noise, random_state=random_state))


def make_circles(n_samples: int = 200, noise: float = 0.05, factor: float = 0.5, random_state: int = 0) -> Table:
    """A circle inside another in the plane, with Gaussian noise; 2 classes."""
    return Table(*_sklearn().make_circles(n_samples, noise=noise, factor=factor, random_state=random_state))


def make_blobs(n_samples: int = 200, centers: int = 3, n_features: int = 2, random_state: int = 0) -> Table:
    """Gaussian clusters; one class each."""
    points, classes = _sklearn().make_blobs(n_samples, n_features, centers=centers, random_state=random_state)[:2]
    return Table(points, classes)


def _bilinear(old: int, new: int) -> np.ndarray[Any, Any]:
    """The matrix [new, old] that interpolates a row linearly between pixel centres, constant beyond the last."""
    position = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.maximum(0.0, 1.0 - np.abs(position[:, None] - np.arange(old)))
