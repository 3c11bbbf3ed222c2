"""Einstein summation, lowered to diagonals, sums, permutations and matrix products.

A call is planned once for its equation and shapes, and the plan is kept. The steps are ordinary operations, so the
result can be differentiated any number of times and the tape shows what ran.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np

from ..dispatch import is_tensor
from ..errors import fail
from ..primitive import composite
from .matrix import matmul

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NUMBER = {letter: i for i, letter in enumerate(_LETTERS)}


@composite(method=False, numpy=(np.einsum,))
def einsum(*args):
    """Sum of products along labelled dimensions, ``einsum("ij,jk->ik", a, b)`` for a matrix product.

    A label that appears in several operands is multiplied along, one that is missing from the output is summed over,
    one repeated within an operand takes its diagonal. ``...`` stands for dimensions that broadcast. Without ``->`` the
    output has the labels that appear once, in alphabetical order.

    Args:
        args: the equation and then the operands (or a list of them); or operands each followed by a list of integer
            labels, and at the end, if wanted, the list for the output: ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.

    Raises:
        RuntimeError: the equation does not fit the operands.

    >>> import autograd
    >>> a = autograd.tensor([[1., 2.], [3., 4.]])
    >>> autograd.einsum("ij,kj->ki", a, a)
    tensor([[ 5., 11.],
            [11., 25.]])
    >>> autograd.einsum("ii", a)
    tensor(5.)
    """
    equation, operands = _split(args)
    for i, t in enumerate(operands):
        if not is_tensor(t):
            fail(TypeError, f"einsum(): expected Tensor as element {i} of the operands, but got {type(t).__name__}")
    operands = list(operands)
    steps, last = _plan(equation, tuple([tuple(t.shape) for t in operands]))
    for method, i, step in steps:
        t = operands[i]
        if method == "matmul":
            operands[i] = matmul(t, operands[step])
        elif method == "mul":
            operands[i] = t * operands[step]
        else:
            operands[i] = getattr(t, method)(*step)
    return operands[last]


def _split(args):
    """The equation (a string, or tuples of labels and the output's or None) and the operands."""
    if len(args) < 2:
        fail(ValueError, "einsum(): must specify the equation string and at least one operand, or at least one operand "
                         "and its subscripts list")
    if isinstance(args[0], str):
        operands = args[1:]
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = operands[0]
        return args[0], operands
    if not is_tensor(args[0]):
        fail(TypeError, f"einsum(): argument 'equation' (position 1) must be str, not {type(args[0]).__name__}")
    count = len(args) // 2
    lists = [tuple(labels) for labels in args[1:2 * count:2]]
    output = tuple(args[-1]) if len(args) % 2 else None
    for label in (label for labels in (*lists, output or ()) for label in labels):
        if label is not ... and not 0 <= label < 52:
            fail(ValueError, "einsum(): subscript in subscript list is not within the valid range [0, 52)")
    return (tuple(lists), output), args[0:2 * count:2]


def _parse(equation):
    """Lists of labels (numbers, or Ellipsis) of the operands, and of the output or None."""
    left, arrow, right = equation.partition("->")
    lists, start = [], 0
    for i, text in enumerate(left.split(",")):
        lists.append(_labels(text, start, f"operand {i}"))
        start += len(text) + 1
    output = _labels(right, len(left) + 2, "output") if arrow else None
    return tuple(lists), output


def _labels(text, start, where):
    found, i = [], 0
    while i < len(text):
        if text[i] == ".":
            if ... in found:
                fail(RuntimeError, f"einsum(): found '.' for {where} for which an ellipsis was already found")
            if text[i:i + 3] != "...":
                fail(RuntimeError, f"einsum(): found '.' for {where} that is not part of any ellipsis")
            found.append(...)
            i += 3
            continue
        if text[i] in _NUMBER:
            found.append(_NUMBER[text[i]])
        elif text[i] != " ":
            fail(RuntimeError, f"einsum(): invalid subscript given at index {start + i} in the equation string, "
                               "subscripts must be in [a-zA-Z]")
        i += 1
    return tuple(found)


def _show(label):
    return _LETTERS[label] if label < 52 else "..."


@lru_cache(maxsize=1024)
def _plan(equation, shapes):
    """The steps of a call, and the operand that holds the result in the end.

    A step is (method, operand, arguments), or (``"matmul"`` or ``"mul"``, operand, other operand); its result takes
    the place of the operand.
    """
    lists, output = _parse(equation) if isinstance(equation, str) else equation
    if len(lists) != len(shapes):
        fail(RuntimeError, f"einsum(): {'more' if len(shapes) > len(lists) else 'fewer'} operands were provided than "
                           f"specified in the equation ({len(shapes)} for {len(lists)})")
    lists, covered = _expand_ellipses(lists, shapes)
    output = _output_labels(output, lists, covered)
    steps = []
    operands = [_diagonals(i, labels, list(shape), steps) for i, (labels, shape) in enumerate(zip(lists, shapes))]
    size = _sizes(operands)
    for i, (labels, shape) in enumerate(operands):
        _drop_broadcast(i, labels, shape, size, steps)
    for i, (labels, _) in enumerate(operands):
        elsewhere = {label for j, (ls, _) in enumerate(operands) if j != i for label in ls}.union(output)
        lone = tuple([d for d, label in enumerate(labels) if label not in elsewhere])
        if lone:
            steps.append(("sum", i, (lone,)))
            labels[:] = [label for label in labels if label in elsewhere]
    terms = {i: labels for i, (labels, _) in enumerate(operands)}
    while len(terms) > 1:
        i, j = _cheapest_pair(terms, output, size)
        needed = set(output).union(*[labels for k, labels in terms.items() if k not in (i, j)])
        i, labels = _pair(i, j, terms.pop(i), terms.pop(j), needed, output, size, steps)
        terms[i] = labels
    (last, labels), = terms.items()
    _arrange(last, labels, output, steps)
    return tuple(steps), last


def _expand_ellipses(lists, shapes):
    """The labels with each ellipsis replaced by numbers from 52 on, aligned on the right; and all those numbers."""
    widths = []
    for i, (labels, shape) in enumerate(zip(lists, shapes)):
        named = sum(label is not ... for label in labels)
        if named > len(shape) or (named < len(shape) and ... not in labels):
            dots = "but an" if ... in labels else "and no"
            fail(RuntimeError, f"einsum(): the number of subscripts in the equation ({named}) does not match the "
                               f"number of dimensions ({len(shape)}) for operand {i} {dots} ellipsis was given")
        widths.append(len(shape) - named if ... in labels else 0)
    widest = max(widths)
    expanded = []
    for labels, width in zip(lists, widths):
        full = []
        for label in labels:
            full += range(52 + widest - width, 52 + widest) if label is ... else [label]
        expanded.append(full)
    return expanded, list(range(52, 52 + widest))


def _output_labels(output, lists, covered):
    counts = {}
    for labels in lists:
        for label in labels:
            counts[label] = counts.get(label, 0) + 1
    if output is None:
        return covered + sorted(label for label, n in counts.items() if n == 1 and label < 52)
    full = []
    for label in output:
        full += covered if label is ... else [label]
    for i, label in enumerate(full):
        if label in full[:i]:
            fail(RuntimeError, f"einsum(): output subscript {_show(label)} appears more than once in the output")
        if label not in counts:
            fail(RuntimeError, f"einsum(): output subscript {_show(label)} does not appear in the equation for any "
                               "input operand")
    return full


def _diagonals(i, labels, shape, steps):
    """Take the diagonal along repeated labels."""
    labels = list(labels)
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            d1 = labels.index(label)
            d2 = labels.index(label, d1 + 1)
            if shape[d1] != shape[d2]:
                fail(RuntimeError, f"einsum(): subscript {_show(label)} is repeated for operand {i} but the sizes "
                                   f"don't match, {shape[d2]} != {shape[d1]}")
            steps.append(("diagonal", i, (0, d1, d2)))  # which goes to the end
            n = shape[d1]
            for d in (d2, d1):
                del labels[d], shape[d]
            labels.append(label)
            shape.append(n)
    return labels, shape


def _sizes(operands):
    size = {}
    for i, (labels, shape) in enumerate(operands):
        for d, (label, n) in enumerate(zip(labels, shape)):
            seen = size.get(label, 1)
            if n != 1 and seen != 1 and n != seen:
                what = f"subscript {_show(label)} has size {n} for operand {i}" if label < 52 else (
                    f"dimension {d} covered by ellipsis in operand {i} has size {n}")
                fail(RuntimeError, f"einsum(): {what} which does not broadcast with previously seen size {seen}")
            size[label] = n if seen == 1 else seen
    return size


def _drop_broadcast(i, labels, shape, size, steps):
    """Leave out labels along which this operand has size 1 and another has more."""
    kept = [(label, n) for label, n in zip(labels, shape) if n == size[label]]
    if len(kept) < len(labels):
        labels[:] = [label for label, _ in kept]
        steps.append(("reshape", i, (tuple([n for _, n in kept]),)))


def _cheapest_pair(terms, output, size):
    """The pair whose product saves the most memory; the first ones of equals."""
    keys = list(terms)
    if len(keys) == 2:
        return keys[0], keys[1]
    best, pair = None, None
    for a, i in enumerate(keys):
        for j in keys[a + 1:]:
            needed = set(output).union(*[labels for k, labels in terms.items() if k not in (i, j)])
            result = [label for label in dict.fromkeys(terms[i] + terms[j]) if label in needed]
            cost = prod(size[x] for x in result) - sum(prod(size[x] for x in terms[k]) for k in (i, j))
            if best is None or cost < best:
                best, pair = cost, (i, j)
    return pair


def _pair(i, j, a, b, needed, output, size, steps):
    """Steps that multiply operands ``i`` and ``j``, of labels ``a`` and ``b``, and sum over what is not needed later.

    Returns:
        The operand that holds the product, and its labels.
    """
    order = {label: k for k, label in enumerate(output)}

    def place(label):
        return order.get(label, len(order))

    shared = [label for label in a if label in b]
    summed = [label for label in shared if label not in needed]
    if not summed:
        labels = sorted(dict.fromkeys(a + b), key=place)
        for k, own in ((i, a), (j, b)):
            _arrange(k, own, [label for label in labels if label in own], steps)
            shape = tuple([size[label] if label in own else 1 for label in labels])
            if shape[:len(shape) - len(own)].count(1) < len(shape) - len(own):  # leading ones go without saying
                steps.append(("reshape", k, (shape,)))
        steps.append(("mul", i, j))
        return i, labels
    rows, columns = ([label for label in own if label not in shared] for own in (a, b))
    if rows and columns and place(columns[0]) < place(rows[0]):  # the product transposed, so that the result is not
        i, j, a, b, rows, columns = j, i, b, a, columns, rows
    batch = sorted([label for label in shared if label in needed], key=place)
    _arrange(i, a, batch + rows + summed, steps)
    _arrange(j, b, batch + summed + columns, steps)
    lead = tuple([size[label] for label in batch])
    m, k, n = (prod([size[label] for label in group]) for group in (rows, summed, columns))
    # Without a batch, vectors stay vectors.
    left = (m, k) if batch or rows else (k,)
    right = (k, n) if batch or columns else (k,)
    if len(a) - len(batch) != len(left) or len(rows) > 1 or len(summed) > 1:
        steps.append(("reshape", i, (lead + left,)))
    if len(b) - len(batch) != len(right) or len(columns) > 1 or len(summed) > 1:
        steps.append(("reshape", j, (lead + right,)))
    steps.append(("matmul", i, j))
    labels = batch + rows + columns
    if len(labels) != len(lead) + len(left) + len(right) - 2 or max(len(rows), len(columns)) > 1:
        steps.append(("reshape", i, (tuple([size[label] for label in labels]),)))
    return i, labels


def _arrange(i, labels, wanted, steps):
    """Permute operand ``i`` from one order of labels to another."""
    if labels != wanted:
        steps.append(("permute", i, (tuple([labels.index(label) for label in wanted]),)))
