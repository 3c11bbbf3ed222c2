"""A reader of pickles that hold data: no global is imported and no code runs.

A pickle is a program for a stack machine. This machine knows the instructions that containers, numbers, strings and
tensors need; a global is a name to look up in a table, and calling one runs the function in the table. The format is
described in the standard library's ``pickletools``.
"""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from .faults import Refused
from .plain import set_attributes

# Hashing a key walks through the tuples in it without looking at the depth of the stack, and as often as they occur.
_KEY_ITEMS = 1000
_DEPTH = 1000


class Internal:
    """What is a means to build objects, and must not be left in the result."""

    __slots__ = ("name",)

    name: str


class Global(Internal):
    """What a name in the pickle stands for: ``make(machine, *arguments)`` gives the object of a call."""

    __slots__ = ("make",)

    def __init__(self, name: str, make: Callable[..., Any]) -> None:
        self.name, self.make = name, make


def named(table: dict[str, Callable[..., Any]]) -> dict[str, Any]:
    """A `Global` for each name."""
    return {name: Global(name, make) for name, make in table.items()}


class Machine:
    """Runs one pickle.

    Args:
        code: the pickle.
        names: what the names of globals stand for: a `Global`, or a value.
        persistent: gives the object of a persistent id.
        with_attributes: the classes, beside OrderedDict, whose objects may get attributes.
    """

    def __init__(self, code: bytes, names: Mapping[str, Any], persistent: Callable[[Any], Any],
                 with_attributes: tuple[type, ...] = ()) -> None:
        self.code, self.names, self.persistent = code, names, persistent
        self.with_attributes = (OrderedDict, *with_attributes)
        self.at = 0
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        # What calls may copy in all: each element of an argument stands in the pickle once, unless it is a bomb.
        self.allowance = len(code)

    def run(self) -> Any:
        """The object; raises Refused for what is no data, and ValueError or LookupError for a damaged pickle."""
        while True:
            operation = self.take(1)[0]
            if operation in _PUSH:
                found = _PUSH[operation](self)  # which may put another stack in place
                self.stack.append(found)
            elif operation in _CHANGE:
                _CHANGE[operation](self)
            elif operation == _STOP:
                result = self.stack.pop()
                _check_result(result)
                return result
            else:
                raise Refused(f"contains the pickle instruction {bytes([operation])!r} at {self.at - 1}, which data "
                              "does not need: it is damaged, or holds other objects than tensors and containers")

    # --- arguments in the code ----------------------------------------------------------------------------

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        end = self.at + count
        if end > len(self.code):
            raise ValueError(f"its pickle wants {count} bytes at {self.at} and has {len(self.code)} in all")
        found, self.at = self.code[self.at:end], end
        return found

    def number(self, layout: str) -> Any:
        return struct.unpack(layout, self.take(struct.calcsize(layout)))[0]

    def text(self, layout: str) -> str:
        return str(self.take(self.number(layout)), "utf-8", "surrogatepass")

    def integer(self, layout: str) -> int:
        return int.from_bytes(self.take(self.number(layout)), "little", signed=True)

    def line(self) -> str:
        end = self.code.index(b"\n", self.at)
        found, self.at = self.code[self.at:end], end + 1
        return found.decode()

    # --- the stack ----------------------------------------------------------------------------------------

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.marked.pop()
        return items

    def copying(self, count: int) -> None:
        """Note that a call copies ``count`` elements."""
        self.allowance -= count
        if self.allowance < 0:
            raise ValueError("its pickle copies more than it holds")

    def lookup(self, module: str, name: str) -> Any:
        full = f"{_RENAMED.get(module, module)}.{name}"
        if full not in self.names:
            raise Refused(f"needs {full}, and nothing is loaded that could run code: only tensors, their element types "
                          "and shapes, numbers, strings and plain containers are. Where PyTorch is installed, load it "
                          "there and save the state_dict alone")
        return self.names[full]

    def call(self, function: Any, arguments: Any) -> Any:
        if type(function) is not Global or type(arguments) is not tuple:
            raise ValueError(f"its pickle calls a {type(function).__name__}")
        return function.make(self, *arguments)

    # --- instructions with more than one line -------------------------------------------------------------

    def mark(self) -> None:
        self.marked.append(self.stack)
        self.stack = []

    def memoize(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def global_of_stack(self) -> Any:
        name, module = self.stack.pop(), self.stack.pop()
        if type(name) is not str or type(module) is not str:
            raise ValueError("a global in its pickle has no name")
        return self.lookup(module, name)

    def reduce(self) -> Any:
        arguments = self.stack.pop()
        return self.call(self.stack.pop(), arguments)

    def extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise ValueError(f"its pickle appends to a {type(target).__name__}")
        target.extend(items)

    def add(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not set:
            raise ValueError(f"its pickle adds to a {type(target).__name__}")
        target.update(map(key, items))

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter) or len(items) % 2:
            raise ValueError(f"its pickle sets items of a {type(target).__name__}")
        for k, v in zip(items[::2], items[1::2], strict=True):
            target[key(k)] = v

    def set_item(self) -> None:
        v, k = self.stack.pop(), self.stack.pop()
        self.set_items([k, v])

    def set_state(self) -> None:
        state = self.stack.pop()
        self.set_attributes(self.stack[-1], state)

    def set_attributes(self, target: Any, state: Any) -> None:
        """Set attributes of an object of a kind that may have some."""
        if type(target) not in self.with_attributes:
            raise ValueError(f"its pickle sets the state of a {type(target).__name__}")
        if type(state) is dict:
            self.copying(len(state))
        set_attributes(target, state)

    def protocol(self) -> None:
        version = self.take(1)[0]
        if version > 5:
            raise ValueError(f"pickles of version {version} are not known")


def key(value: Any) -> Any:
    """``value`` itself; raises for what must not become a key of a dictionary."""
    left = _KEY_ITEMS
    waiting = [value]
    while waiting:
        item = waiting.pop()
        left -= 1
        if left < 0:
            raise ValueError("a key in its pickle is too large")
        if isinstance(item, (tuple, frozenset)):
            waiting.extend(item)
        elif isinstance(item, Global):
            raise ValueError(f"{item.name} is a key in its pickle")
    return value


def _check_result(result: Any) -> None:
    """Raise where names or storages are left as they are, or nesting is deeper than programs can follow."""
    waiting = [(result, 0)]
    seen: set[int] = set()
    while waiting:
        value, depth = waiting.pop()
        inside = [*value.values(), *value] if isinstance(value, dict) else (
            list(value) if isinstance(value, (list, tuple, set, frozenset)) else [])
        inside += getattr(value, "__dict__", {}).values()
        if isinstance(value, Internal):
            raise Refused(f"contains {value.name} itself, which is no data")
        if depth > _DEPTH:
            raise Refused(f"nests containers more than {_DEPTH} deep")
        if inside and id(value) not in seen:
            seen.add(id(value))
            waiting += [(item, depth + 1) for item in inside]


# The modules that had other names in Python 2, which pickles of the usual version keep.
_RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}


def _checked(machine: Machine, argument: Any, kind: Any) -> Any:
    """``argument``, which a call copies and which must be of that kind; an empty one where it is None."""
    if argument is None:
        return kind()
    if type(argument) is not kind:
        raise ValueError(f"its pickle has a {type(argument).__name__} in place of a {kind.__name__}")
    machine.copying(len(argument))
    return argument


def _ordered(machine: Machine, items: Any = None) -> OrderedDict[Any, Any]:
    items = _checked(machine, items, list)
    return OrderedDict((key(k), v) for k, v in items)


def _counter(machine: Machine, items: Any = None) -> Counter[Any]:
    return Counter(_checked(machine, items, dict))


def _set_of(kind: type) -> Callable[..., Any]:
    def make(machine: Machine, items: Any = None) -> Any:
        return kind(map(key, _checked(machine, items, list)))
    return make


def _encode(machine: Machine, text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise ValueError("bytes in its pickle are not written as they should be")
    return _checked(machine, text, str).encode("latin-1")


def _bytearray(machine: Machine, content: bytes | None = None) -> bytearray:
    return bytearray(_checked(machine, content, bytes))


def _no_bytes(machine: Machine) -> bytes:
    return b""


def _complex(machine: Machine, real: float, imag: float) -> complex:
    return complex(float(real), float(imag))


#: The globals that plain containers need.
PLAIN: dict[str, Any] = named({
    "collections.OrderedDict": _ordered, "collections.Counter": _counter, "builtins.set": _set_of(set),
    "builtins.frozenset": _set_of(frozenset), "builtins.bytes": _no_bytes, "builtins.bytearray": _bytearray,
    "builtins.complex": _complex, "_codecs.encode": _encode,
})

_Step = Callable[[Machine], Any]


def _pop(count: int) -> _Step:
    def take(machine: Machine) -> tuple[Any, ...]:
        items = tuple(machine.stack[-count:])
        if len(items) != count:
            raise ValueError("its pickle takes more than there is")
        del machine.stack[-count:]
        return items
    return take


_STOP = ord(".")

# Instructions that put one object on the stack, in place of what they take.
_PUSH: dict[int, _Step] = {ord(code): step for code, step in {
    b"N": lambda m: None, b"\x88": lambda m: True, b"\x89": lambda m: False,
    b"]": lambda m: [], b"}": lambda m: {}, b")": lambda m: (), b"\x8f": lambda m: set(),
    b"K": lambda m: m.number("<B"), b"M": lambda m: m.number("<H"), b"J": lambda m: m.number("<i"),
    b"G": lambda m: m.number(">d"), b"\x8a": lambda m: m.integer("<B"), b"\x8b": lambda m: m.integer("<I"),
    b"X": lambda m: m.text("<I"), b"\x8c": lambda m: m.text("<B"), b"\x8d": lambda m: m.text("<Q"),
    b"C": lambda m: m.take(m.number("<B")), b"B": lambda m: m.take(m.number("<I")),
    b"\x8e": lambda m: m.take(m.number("<Q")), b"\x96": lambda m: bytearray(m.take(m.number("<Q"))),
    b"h": lambda m: m.memo[m.number("<B")], b"j": lambda m: m.memo[m.number("<I")],
    b"c": lambda m: m.lookup(m.line(), m.line()), b"\x93": Machine.global_of_stack,
    b"t": lambda m: tuple(m.since_mark()), b"\x85": _pop(1), b"\x86": _pop(2), b"\x87": _pop(3),
    b"\x91": lambda m: frozenset(map(key, m.since_mark())),
    b"R": Machine.reduce, b"Q": lambda m: m.persistent(m.stack.pop()),
}.items()}

# Instructions that change what is there.
_CHANGE: dict[int, _Step] = {ord(code): step for code, step in {
    b"(": Machine.mark, b"q": lambda m: m.memoize(m.number("<B")), b"r": lambda m: m.memoize(m.number("<I")),
    b"\x94": lambda m: m.memoize(len(m.memo)),
    b"a": lambda m: m.extend([m.stack.pop()]), b"e": lambda m: m.extend(m.since_mark()),
    b"s": Machine.set_item, b"u": lambda m: m.set_items(m.since_mark()), b"\x90": lambda m: m.add(m.since_mark()),
    b"b": Machine.set_state, b"\x80": Machine.protocol, b"\x95": lambda m: m.take(8) and None,
}.items()}
