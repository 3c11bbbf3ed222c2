"""New arrays begin where a line of the cache does.

NumPy aligns arrays to 16 bytes, so that all but a few of the 64-byte vectors that kernels load and store lie across two
lines. For what fits the second-level cache that nearly doubles the time of a sum of two arrays, and costs a sum over
one a half more. NumPy lets programs say where arrays get their memory (NEP 49); what is said here asks whoever was
asked before, for a little more, and gives away the first aligned address of that. In front of it stands what has to be
given back. So NumPy's own store of small blocks, its advice about huge pages, the C library's reuse of freed memory and
handlers of other libraries stay in use.

Arrays remember who gave them their memory, and NumPy keeps the choice in a context variable: it holds in the thread
(and in those contexts) where kernels were loaded. What is computed does not depend on it.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import numpy as np

#: Bytes of a line, and how large arrays are that begin with one; smaller ones would grow for nothing.
LINE, LEAST = 64, 4096
_NAME = b"tapegrad: lines of the cache"
#: What NumPy calls handlers. A capsule does not copy its name, and asks for it when the last array is freed.
_CAPSULE = ctypes.create_string_buffer(b"mem_handler")
#: Places in NumPy's table of functions, which are the same for all versions since 1.22.
_SET_HANDLER, _GET_HANDLER = 304, 305

# In front of the data: the bytes that were asked for, and their address. The argument %from is what NumPy hands to
# all functions of a handler: here the structure of the functions that were in use before.
_CODE = """
define private ptr @placed(ptr %raw, i64 %total, i64 %bits) {
  %none = icmp eq ptr %raw, null
  br i1 %none, label %empty, label %found
empty:
  ret ptr null
found:
  %start = ptrtoint ptr %raw to i64
  %less = add i64 %bits, 16
  %last = add i64 %start, %less
  %mask = xor i64 %bits, -1
  %at = and i64 %last, %mask
  %data = inttoptr i64 %at to ptr
  %size = getelementptr i64, ptr %data, i64 -2
  store i64 %total, ptr %size
  %place = getelementptr ptr, ptr %data, i64 -1
  store ptr %raw, ptr %place
  ret ptr %data
}

define private i64 @spare_bits(i64 %size) {
  %large = icmp uge i64 %size, LEAST
  %bits = select i1 %large, i64 LAST_BITS, i64 15
  ret i64 %bits
}

define private ptr @asked(ptr %from, i64 %which) {
  %slot = getelementptr ptr, ptr %from, i64 %which
  %function = load ptr, ptr %slot
  ret ptr %function
}

define ptr @aligned_malloc(ptr %from, i64 %size) {
  %bits = call i64 @spare_bits(i64 %size)
  %more = add i64 %bits, 16
  %total = add i64 %size, %more
  %context = load ptr, ptr %from
  %function = call ptr @asked(ptr %from, i64 1)
  %raw = call ptr %function(ptr %context, i64 %total)
  %data = call ptr @placed(ptr %raw, i64 %total, i64 %bits)
  ret ptr %data
}

define ptr @aligned_calloc(ptr %from, i64 %count, i64 %each) {
  %size = mul i64 %count, %each
  %bits = call i64 @spare_bits(i64 %size)
  %more = add i64 %bits, 16
  %total = add i64 %size, %more
  %context = load ptr, ptr %from
  %function = call ptr @asked(ptr %from, i64 2)
  %raw = call ptr %function(ptr %context, i64 %total, i64 1)
  %data = call ptr @placed(ptr %raw, i64 %total, i64 %bits)
  ret ptr %data
}

define void @aligned_free(ptr %from, ptr %data, i64 %size) {
  %none = icmp eq ptr %data, null
  br i1 %none, label %done, label %there
there:
  %where = getelementptr i64, ptr %data, i64 -2
  %total = load i64, ptr %where
  %place = getelementptr ptr, ptr %data, i64 -1
  %raw = load ptr, ptr %place
  %context = load ptr, ptr %from
  %function = call ptr @asked(ptr %from, i64 4)
  call void %function(ptr %context, ptr %raw, i64 %total)
  br label %done
done:
  ret void
}

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)

define ptr @aligned_realloc(ptr %from, ptr %data, i64 %size) {
  %new = call ptr @aligned_malloc(ptr %from, i64 %size)
  %none = icmp eq ptr %data, null
  %failed = icmp eq ptr %new, null
  %over = or i1 %none, %failed
  br i1 %over, label %done, label %move
move:
  %where = getelementptr i64, ptr %data, i64 -2
  %total = load i64, ptr %where
  %place = getelementptr ptr, ptr %data, i64 -1
  %raw = load i64, ptr %place
  %start = ptrtoint ptr %data to i64
  %before = sub i64 %start, %raw
  %held = sub i64 %total, %before
  %shrinks = icmp ult i64 %size, %held
  %kept = select i1 %shrinks, i64 %size, i64 %held
  call void @llvm.memcpy.p0.p0.i64(ptr %new, ptr %data, i64 %kept, i1 false)
  call void @aligned_free(ptr %from, ptr %data, i64 0)
  br label %done
done:
  ret ptr %new
}
""".replace("LEAST", str(LEAST)).replace("LAST_BITS", str(LINE - 1))


class _Allocator(ctypes.Structure):
    """NumPy's PyDataMemAllocator."""

    _fields_ = [(name, ctypes.c_void_p) for name in ("context", "malloc", "calloc", "realloc", "free")]


class _Handler(ctypes.Structure):
    """NumPy's PyDataMem_Handler."""

    _fields_ = [("name", ctypes.c_char * 127), ("version", ctypes.c_uint8), ("allocator", _Allocator)]


_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype, _capsule_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype, _new_capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


@functools.cache
def _numpy_functions() -> tuple[Any, Any]:
    """What gives the handler in use, and what sets it."""
    table = ctypes.cast(_capsule_pointer(np._core._multiarray_umath._ARRAY_API, None),  # type: ignore[attr-defined]
                        ctypes.POINTER(ctypes.c_void_p))
    return (ctypes.PYFUNCTYPE(ctypes.py_object)(table[_GET_HANDLER]),
            ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(table[_SET_HANDLER]))


@functools.cache
def _machine_code() -> dict[str, int]:
    """The addresses of the four functions."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine(jit=True)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(_CODE), machine)
    engine.finalize_object()
    _keep(engine)
    return {name: engine.get_function_address(f"aligned_{name}") for name in ("malloc", "calloc", "realloc", "free")}


def _keep(thing: Any) -> None:
    """Never free it: the last arrays are freed when the interpreter has taken everything else apart."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _of(capsule: Any) -> _Handler:
    return _Handler.from_address(_capsule_pointer(capsule, _CAPSULE))


@functools.cache
def _on_top_of(address: int) -> Any:
    """A handler that asks the one at an address."""
    before = address + _Handler.allocator.offset
    handler = _Handler(_NAME, 1, _Allocator(before, **_machine_code()))
    capsule = _new_capsule(ctypes.addressof(handler), _CAPSULE, None)
    _keep(_CAPSULE)
    _keep(handler)
    _keep(capsule)
    return capsule


def align_new() -> None:
    """Let new arrays of this thread begin with a line of the cache. This function needs llvmlite, as Numba does."""
    get, set_to = _numpy_functions()
    capsule = get()
    if _of(capsule).name != _NAME:
        _keep(capsule)
        set_to(_on_top_of(_capsule_pointer(capsule, _CAPSULE)))
