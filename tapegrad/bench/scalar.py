"""A scalar-valued engine in plain Python, for comparison: what teaching engines do, one object a number."""

from __future__ import annotations

import math


class Value:
    """A number with its gradient, and the numbers it came from with the derivatives by them."""

    __slots__ = ("_inputs", "_slopes", "data", "grad")

    def __init__(self, data: float, inputs: tuple[Value, ...] = (), slopes: tuple[float, ...] = ()) -> None:
        self.data, self.grad = data, 0.0
        self._inputs, self._slopes = inputs, slopes

    def __add__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return Value(self.data + other.data, (self, other), (1.0, 1.0))
        return Value(self.data + other, (self,), (1.0,))

    def __sub__(self, other: Value) -> Value:
        return Value(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other: Value) -> Value:
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other: Value) -> Value:
        out = self.data / other.data
        return Value(out, (self, other), (1.0 / other.data, -out / other.data))

    def tanh(self) -> Value:
        """The hyperbolic tangent."""
        out = math.tanh(self.data)
        return Value(out, (self,), (1.0 - out * out,))

    def backward(self) -> None:
        """Set ``grad`` of all that this number depends on."""
        self.grad = 1.0
        for value in reversed(self._order()):
            for input, slope in zip(value._inputs, value._slopes):
                input.grad += slope * value.grad

    def _order(self) -> list[Value]:
        """This number and all before it, each after its inputs."""
        order: list[Value] = []
        seen: set[int] = set()
        stack: list[tuple[Value, bool]] = [(self, False)]
        while stack:
            value, ready = stack.pop()
            if ready:
                order.append(value)
            elif id(value) not in seen:
                seen.add(id(value))
                stack.append((value, True))
                stack.extend((input, False) for input in value._inputs)
        return order
