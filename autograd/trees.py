"""Nested containers of tensors: lists, tuples, named tuples, dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def leaves(tree: Any) -> list[Any]:
    """What is in nested containers, in order; of anything else, itself alone."""
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in leaves(value)]
    if isinstance(tree, (list, tuple)):
        return [leaf for value in tree for leaf in leaves(value)]
    return [tree]


def rebuild(tree: Any, new: Iterator[Any]) -> Any:
    """Containers like those of ``tree``, with the next of ``new`` in the place of each leaf."""
    if isinstance(tree, dict):
        return type(tree)((key, rebuild(value, new)) for key, value in tree.items())
    if isinstance(tree, (list, tuple)):
        items = [rebuild(value, new) for value in tree]
        named = getattr(tree, "_make", None)
        return type(tree)(items) if named is None else named(items)
    return next(new)


def transform(function: Callable[[Any], Any], tree: Any) -> Any:
    """Containers like those of ``tree``, with ``function`` of each leaf."""
    return rebuild(tree, map(function, leaves(tree)))


def spread(prefix: Any, tree: Any) -> list[Any]:
    """The leaves of ``prefix``, each as often as ``tree`` has leaves in its place.

    Raises:
        ValueError: the containers differ.
    """
    if isinstance(prefix, dict) and isinstance(tree, dict) and prefix.keys() == tree.keys():
        return [leaf for key in tree for leaf in spread(prefix[key], tree[key])]
    if isinstance(prefix, (list, tuple)):
        if not isinstance(tree, (list, tuple)) or len(prefix) != len(tree):
            raise ValueError(f"{prefix!r} does not have the structure of the arguments")
        return [leaf for p, t in zip(prefix, tree, strict=True) for leaf in spread(p, t)]
    if isinstance(prefix, dict):
        raise ValueError(f"{prefix!r} does not have the structure of the arguments")
    return [prefix] * len(leaves(tree))
