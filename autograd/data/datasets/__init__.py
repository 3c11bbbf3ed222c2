"""Ready-made data sets: those of scikit-learn, MNIST, FashionMNIST and CIFAR10."""

from __future__ import annotations

from .cifar import CIFAR10 as CIFAR10
from .files import DatasetNotFound as DatasetNotFound
from .mnist import MNIST as MNIST, FashionMNIST as FashionMNIST
from .tables import (
    Table as Table,
    load_breast_cancer as load_breast_cancer,
    load_diabetes as load_diabetes,
    load_digits as load_digits,
    load_iris as load_iris,
    load_wine as load_wine,
    make_blobs as make_blobs,
    make_circles as make_circles,
    make_moons as make_moons,
)

__all__ = [
    "CIFAR10", "MNIST", "DatasetNotFound", "FashionMNIST", "Table", "load_breast_cancer", "load_diabetes",
    "load_digits", "load_iris", "load_wine", "make_blobs", "make_circles", "make_moons",
]
