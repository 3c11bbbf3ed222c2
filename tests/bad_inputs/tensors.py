"""Mistakes with tensors: shapes, dimensions, indices, types, linear algebra."""

from __future__ import annotations

from bad_inputs.case import bad, ones

# --- shapes that do not go together -----------------------------------------------------------------------

for op in ("add", "sub", "mul", "div", "pow", "maximum", "atan2", "eq", "lt", "fmod", "hypot"):
    bad(f"{op}: shapes", lambda L, op=op: getattr(L.t, op)(ones(L, 2, 3), ones(L, 4)), RuntimeError,
        op, "must match", "[2, 3]", "[4]", "float32")
bad("where: shapes", lambda L: L.t.where(ones(L, 2, 3) > 0, ones(L, 2, 3), ones(L, 4)), RuntimeError, "where", "[4]")
bad("lerp: shapes", lambda L: L.t.lerp(ones(L, 3), ones(L, 2), 0.5), RuntimeError, "lerp", "[3]", "[2]")
bad("addcmul: shapes", lambda L: L.t.addcmul(ones(L, 3), ones(L, 2), ones(L, 3)), RuntimeError, "addcmul", "[2]")
bad("clamp: shapes", lambda L: L.t.clamp(ones(L, 3), min=ones(L, 2)), RuntimeError, "clamp", "[2]", "[3]")
bad("masked_fill: shapes", lambda L: ones(L, 2, 3).masked_fill(ones(L, 4) > 0, 0.0), RuntimeError, "masked_fill", "[4]")
bad("add_: cannot grow", lambda L: ones(L, 3).add_(ones(L, 2, 3)), RuntimeError, "add_", "[3]", "[2, 3]",
    "doesn't match")
bad("expand: size", lambda L: ones(L, 3).expand(2, 4), RuntimeError, "expand", "[3]", "4")
bad("expand: fewer dimensions", lambda L: ones(L, 2, 3).expand(3), RuntimeError, "expand", "[2, 3]")
bad("broadcast_to: size", lambda L: L.t.broadcast_to(ones(L, 3), (2, 4)), RuntimeError, "[3]", "4")
bad("reshape: count", lambda L: ones(L, 2, 3).reshape(4, 2), RuntimeError, "reshape", "[2, 3]", "invalid", "[4, 2]")
bad("reshape: two unknowns", lambda L: ones(L, 2, 3).reshape(-1, -1), RuntimeError,
    "only one dimension can be inferred")
bad("reshape: negative", lambda L: ones(L, 2, 3).reshape(-2, 3), RuntimeError, "invalid shape dimension -2")
bad("reshape: does not divide", lambda L: ones(L, 2, 3).reshape(-1, 4), RuntimeError, "[2, 3]", "invalid", "[-1, 4]")
bad("view: not contiguous", lambda L: ones(L, 2, 3).t().view(6), RuntimeError, "view", "reshape", "contiguous")
bad("view: count", lambda L: ones(L, 2, 3).view(5), RuntimeError, "view", "[2, 3]", "invalid", "[5]")
bad("unflatten: count", lambda L: ones(L, 6).unflatten(0, (4, 2)), RuntimeError, "unflatten", "6")
bad("cat: sizes", lambda L: L.t.cat([ones(L, 2, 3), ones(L, 2, 4)]), RuntimeError, "cat", "[2, 3]", "[2, 4]",
    "Sizes of tensors must match")
bad("cat: one of many", lambda L: L.t.cat([*[ones(L, 2)] * 99, ones(L, 2, 1)]), RuntimeError, "cat(", "[2], ... (100 in all)")
bad("cat: dimensions", lambda L: L.t.cat([ones(L, 2, 3), ones(L, 3)]), RuntimeError, "cat", "[2, 3]", "[3]",
    "same number of dimensions")
bad("cat: nothing", lambda L: L.t.cat([]), ValueError, "non-empty")
bad("stack: sizes", lambda L: L.t.stack([ones(L, 2), ones(L, 3)]), RuntimeError, "stack", "[2]", "[3]", "equal size")
bad("stack: nothing", lambda L: L.t.stack([]), RuntimeError, "non-empty")
bad("mm: inner", lambda L: L.t.mm(ones(L, 2, 3), ones(L, 4, 5)), RuntimeError, "mm", "2x3", "4x5",
    "cannot be multiplied")
bad("mm: dimensions", lambda L: L.t.mm(ones(L, 2, 3, 4), ones(L, 4, 5)), RuntimeError, "mm", "matrix", "[2, 3, 4]")
bad("matmul: inner", lambda L: ones(L, 2, 3) @ ones(L, 2, 3), RuntimeError, "matmul", "2x3", "cannot be multiplied")
bad("matmul: batch", lambda L: ones(L, 2, 3, 4) @ ones(L, 3, 4, 5), RuntimeError, "matmul", "[2, 3, 4]", "[3, 4, 5]")
bad("matmul: 0-d", lambda L: L.t.tensor(1.0) @ ones(L, 3), RuntimeError, "matmul", "1D")
bad("bmm: batch", lambda L: L.t.bmm(ones(L, 2, 3, 4), ones(L, 3, 4, 5)), RuntimeError, "bmm", "[2, 3, 4]")
bad("bmm: dimensions", lambda L: L.t.bmm(ones(L, 3, 4), ones(L, 4, 5)), RuntimeError, "bmm", "3D", "[3, 4]")
bad("mv: sizes", lambda L: L.t.mv(ones(L, 2, 3), ones(L, 4)), RuntimeError, "mv", "[2, 3]", "[4]")
bad("dot: sizes", lambda L: L.t.dot(ones(L, 3), ones(L, 4)), RuntimeError, "dot", "same", "3", "4")
bad("dot: dimensions", lambda L: L.t.dot(ones(L, 2, 2), ones(L, 2)), RuntimeError, "dot", "1D")
bad("addmm: shapes", lambda L: L.t.addmm(ones(L, 7), ones(L, 2, 3), ones(L, 3, 4)), RuntimeError, "addmm", "[7]")
bad("outer: dimensions", lambda L: L.t.outer(ones(L, 2, 2), ones(L, 2)), RuntimeError, "outer", "[2, 2]")
bad("einsum: sizes", lambda L: L.t.einsum("ij,jk->ik", ones(L, 2, 3), ones(L, 4, 5)), RuntimeError, "einsum", "j",
    "3", "4")
bad("einsum: letters", lambda L: L.t.einsum("ijk->i", ones(L, 2, 3)), RuntimeError, "einsum", "dimensions")
bad("tensordot: sizes", lambda L: L.t.tensordot(ones(L, 2, 3), ones(L, 4, 5), dims=1), RuntimeError, "tensordot", "3",
    "4")
bad("cross: size", lambda L: L.t.linalg.cross(ones(L, 4), ones(L, 4)), RuntimeError, "cross", "3", "[4]")
bad("squeeze_/item: many elements", lambda L: ones(L, 2).item(), RuntimeError, "float32 [2]", "Scalar")
bad("split: sizes", lambda L: ones(L, 5).split([2, 2]), RuntimeError, "split", "sum", "5")
bad("chunk: none", lambda L: ones(L, 5).chunk(0), RuntimeError, "chunk", "greater than 0")

# --- dimensions and indices out of range ------------------------------------------------------------------

for op in ("sum", "mean", "softmax", "cumsum", "argmax", "amax", "flip", "unbind", "squeeze", "std", "sort",
           "logsumexp",
           "all", "prod", "median", "var"):
    bad(f"{op}: dim", lambda L, op=op: getattr(L.t, op)(ones(L, 2, 3), 2 if op != "flip" else (2,)), IndexError,
        op, "Dimension out of range", "[-2, 1]", "got 2", "[2, 3]")
bad("unsqueeze: dim", lambda L: ones(L, 2, 3).unsqueeze(4), IndexError, "unsqueeze", "[-3, 2]", "got 4")
bad("transpose: dim", lambda L: ones(L, 2, 3).transpose(0, 2), IndexError, "transpose", "[-2, 1]", "got 2")
bad("permute: count", lambda L: ones(L, 2, 3).permute(0), RuntimeError, "permute", "2", "1")
bad("permute: twice", lambda L: ones(L, 2, 3).permute(0, 0), RuntimeError, "permute", "duplicate")
bad("size: dim", lambda L: ones(L, 2, 3).size(2), IndexError, "size", "[-2, 1]", "got 2")
bad("cat: dim", lambda L: L.t.cat([ones(L, 2), ones(L, 2)], dim=1), IndexError, "cat", "[-1, 0]", "got 1")
bad("flatten: order", lambda L: ones(L, 2, 3).flatten(1, 0), RuntimeError, "flatten", "start_dim", "end_dim")
bad("index: int", lambda L: ones(L, 2, 3)[2], IndexError, "index 2", "out of bounds", "2", "[2, 3]")
bad("index: too many", lambda L: ones(L, 2, 3)[0, 0, 0], IndexError, "too many indices", "[2, 3]")
bad("index: tensor", lambda L: ones(L, 3)[L.t.tensor([0, 3])], IndexError, "index 3", "out of bounds", "3")
bad("index: mask", lambda L: ones(L, 3)[L.t.tensor([True, False])], IndexError, "mask", "[2]", "[3]")
bad("index: float tensor", lambda L: ones(L, 3)[L.t.tensor([0.0])], IndexError, "long", "float")
bad("index: string", lambda L: ones(L, 3)["a"], TypeError, "indices")
bad("setitem: shape", lambda L: ones(L, 3).__setitem__(slice(0, 2), ones(L, 3)), RuntimeError, "3", "2")
bad("index_select: range", lambda L: L.t.index_select(ones(L, 3), 0, L.t.tensor([3])), IndexError,
    "index_select", "out of range")
bad("index_select: dtype", lambda L: L.t.index_select(ones(L, 3), 0, L.t.tensor([0.0])), RuntimeError, "index_select",
    "int")
bad("gather: range", lambda L: L.t.gather(ones(L, 3), 0, L.t.tensor([3])), RuntimeError, "gather", "index 3",
    "out of bounds")
bad("gather: dtype", lambda L: L.t.gather(ones(L, 3), 0, L.t.tensor([0.0])), RuntimeError, "gather", "int64")
bad("gather: dimensions", lambda L: L.t.gather(ones(L, 2, 3), 0, L.t.tensor([0])), RuntimeError, "gather",
    "same number of dimensions")
bad("scatter: range", lambda L: ones(L, 3).scatter(0, L.t.tensor([3]), 1.0), RuntimeError, "scatter", "index 3",
    "out of bounds")
bad("narrow: range", lambda L: ones(L, 3).narrow(0, 2, 2), RuntimeError, "narrow", "2", "3")
bad("select: range", lambda L: ones(L, 3).select(0, 3), IndexError, "select", "3", "out of range")
bad("topk: k", lambda L: ones(L, 3).topk(4), RuntimeError, "topk", "k", "out of range", "[3]")
bad("kthvalue: k", lambda L: ones(L, 3).kthvalue(4), RuntimeError, "kthvalue", "k")
bad("diagonal: same dims", lambda L: ones(L, 2, 3).diagonal(0, 0, 0), RuntimeError, "diagonal", "identical")
bad("repeat: count", lambda L: ones(L, 2, 3).repeat(2), RuntimeError, "repeat", "[2, 3]")
bad("max: no elements", lambda L: L.t.zeros(0).max(), RuntimeError, "max", "[0]", "numel() == 0")
bad("argmax: no elements", lambda L: L.t.zeros(0).argmax(), IndexError, "argmax", "[0]")
bad("quantile: range", lambda L: L.t.quantile(ones(L, 3), 1.5), RuntimeError, "quantile", "[0, 1]")
bad("tril: vector", lambda L: ones(L, 3).tril(), RuntimeError, "tril", "2 dimensions")
bad("unfold: size", lambda L: ones(L, 3).unfold(0, 4, 1), RuntimeError, "unfold", "4", "3")
bad("roll: dims", lambda L: L.t.roll(ones(L, 2, 3), (1, 2), (0,)), RuntimeError, "roll", "shifts", "dim")

# --- types ------------------------------------------------------------------------------------------------

bad("tensor: integers that require grad", lambda L: L.t.tensor([1, 2], requires_grad=True), RuntimeError, "int64",
    "floating point", "require gradients")
bad("requires_grad_: integers", lambda L: L.t.tensor([1, 2]).requires_grad_(), RuntimeError, "int64", "floating point")
bad("mean: integers", lambda L: L.t.tensor([1, 2]).mean(), RuntimeError, "mean", "floating point", "int64")
bad("var: integers", lambda L: L.t.tensor([1, 2]).var(), RuntimeError, "var", "floating point", "int64")
bad("softmax: integers", lambda L: L.t.softmax(L.t.tensor([1, 2]), 0), NotImplementedError, "softmax", "int64")
bad("matmul: dtypes", lambda L: ones(L, 2, 2) @ ones(L, 2, 2).double(), RuntimeError, "matmul", "float32", "float64",
    "same dtype")
bad("mm: dtypes", lambda L: L.t.mm(ones(L, 2, 2), ones(L, 2, 2).long()), RuntimeError, "mm", "float32", "int64",
    "dtype")
bad("linear: dtypes", lambda L: L.F.linear(ones(L, 2, 3).double(), ones(L, 4, 3)), RuntimeError, "linear", "float32",
    "float64", "dtype")
bad("dot: dtypes", lambda L: L.t.dot(ones(L, 2), ones(L, 2).double()), RuntimeError, "dot", "float32", "float64")
bad("add_: cannot hold floats", lambda L: L.t.tensor([1, 2]).add_(0.5), RuntimeError, "add_", "Float", "Long",
    "can't be cast")
bad("div_: integers", lambda L: L.t.tensor([1, 2]).div_(2), RuntimeError, "div_", "Float", "Long", "can't be cast")
bad("bitwise_and: floats", lambda L: ones(L, 2) & ones(L, 2), NotImplementedError, "bitwise_and", "float32")
bad("bitwise_not: floats", lambda L: L.t.bitwise_not(ones(L, 2)), NotImplementedError, "bitwise_not", "float32")
bad("neg: bool", lambda L: -L.t.tensor([True]), RuntimeError, "neg", "bool", "logical_not")
bad("sub: bool", lambda L: L.t.tensor([True]) - L.t.tensor([True]), RuntimeError, "sub", "bool", "logical_xor")
bad("pow: integers to a negative", lambda L: L.t.tensor([2]) ** -1, RuntimeError, "pow", "ntegers", "negative")
bad("where: condition", lambda L: L.t.where(ones(L, 2), ones(L, 2), ones(L, 2)), RuntimeError, "where", "bool",
    "float32")
bad("masked_fill: mask", lambda L: ones(L, 2).masked_fill(L.t.tensor([0, 1]), 0.0), RuntimeError, "masked_fill", "bool",
    "int64")
bad("masked_select: mask", lambda L: ones(L, 2).masked_select(L.t.tensor([0, 1])), RuntimeError, "masked_select",
    "Bool", "int64")
bad("exp: string", lambda L: L.t.exp("x"), TypeError, "exp", "must be Tensor", "str")
bad("exp: number", lambda L: L.t.exp(1.0), TypeError, "exp", "must be Tensor", "float")
bad("sin: list", lambda L: L.t.sin([1.0]), TypeError, "sin", "must be Tensor", "list")
bad("cat: number", lambda L: L.t.cat([ones(L, 2), 1.0]), TypeError, "cat", "Tensor", "float")
bad("add: string", lambda L: L.t.add(ones(L, 2), "x"), TypeError, "add", "other", "str")
bad("sum: keyword", lambda L: L.t.sum(ones(L, 2), axes=0), TypeError, "sum", "axes")
bad("relu: too many", lambda L: L.t.relu(ones(L, 2), 1, 2), TypeError, "relu")
bad("tensor: ragged", lambda L: L.t.tensor([[1.0, 2.0], [3.0]]), ValueError, "length")
bad("tensor: string", lambda L: L.t.tensor("x"), TypeError, "str")
bad("tensor: dtype", lambda L: L.t.tensor([1.0], dtype="float99"), TypeError, "dtype", "float99")
bad("zeros: negative", lambda L: L.t.zeros(2, -1), RuntimeError, "zeros", "negative", "-1")
bad("int of a vector", lambda L: int(ones(L, 2)), ValueError, "only one element", "[2]")
bad("bool of a vector", lambda L: bool(ones(L, 2)), RuntimeError, "ambiguous", "[2]", "any", "all")
bad("len of a number", lambda L: len(L.t.tensor(1.0)), TypeError, "0-d")
bad("iteration over a number", lambda L: list(L.t.tensor(1.0)), TypeError, "0-d")
bad("numpy: requires grad", lambda L: ones(L, 2, grad=True).numpy(), RuntimeError, "requires grad", "detach")
bad("set_default_dtype: integers", lambda L: L.t.set_default_dtype(L.t.int64), TypeError, "floating-point", "int64")
bad("arange: step", lambda L: L.t.arange(0, 3, -1), RuntimeError, "step", "bound")
bad("arange: zero step", lambda L: L.t.arange(0, 3, 0), RuntimeError, "step", "nonzero")
bad("complex to real", lambda L: float(L.t.tensor(1 + 1j)), RuntimeError, "complex")

# --- linear algebra ---------------------------------------------------------------------------------------

bad("inv: not square", lambda L: L.t.linalg.inv(ones(L, 2, 3)), RuntimeError, "inv", "square", "2", "3")
bad("inv: singular", lambda L: L.t.linalg.inv(ones(L, 2, 2)), RuntimeError, "inv", "singular")
bad("solve: singular", lambda L: L.t.linalg.solve(ones(L, 2, 2), ones(L, 2)), RuntimeError, "solve", "singular")
bad("cholesky: not positive definite", lambda L: L.t.linalg.cholesky(-ones(L, 2, 2)), RuntimeError, "cholesky",
    "not positive-definite")
bad("det: vector", lambda L: L.t.linalg.det(ones(L, 3)), RuntimeError, "det", "2 dimensions")
bad("det: integers", lambda L: L.t.linalg.det(L.t.tensor([[1, 2], [3, 4]])), RuntimeError, "det", "int64", "floating")
bad("eigh: not square", lambda L: L.t.linalg.eigh(ones(L, 2, 3)), RuntimeError, "eigh", "square")
