"""``tapegrad port``: what is changed in a script, what is left alone, and what is listed."""

from __future__ import annotations

import textwrap

import pytest
from moved import python

from tapegrad.moving.port import ported


def port(source):
    return ported(textwrap.dedent(source)).source


@pytest.mark.parametrize(("before", "after"), [
    ("import torch", "import autograd"),
    ("import torch as th", "import autograd as th"),
    ("import torch.nn as nn", "import nn"),
    ("import torch.nn as tnn", "import nn as tnn"),
    ("import torch.nn.functional as F", "import nn.functional as F"),
    ("import torch.nn.functional", "import nn.functional"),
    ("import torch.utils.data", "import autograd.data"),
    ("import os, torch, sys  # why", "import os, autograd, sys  # why"),
    ("from torch import nn", "import nn"),
    ("from torch import nn as layers", "import nn as layers"),
    ("from torch import Tensor", "from autograd import Tensor"),
    ("from torch import nn, optim, Tensor as T", "import nn\nimport optim\nfrom autograd import Tensor as T"),
    ("x = 1; from torch import nn, optim; y = 2", "x = 1; import nn; import optim; y = 2"),
    ("from torch.utils.data import DataLoader", "from autograd.data import DataLoader"),
    ("from torch.utils import data", "from autograd import data"),
    ("from torch.optim import lr_scheduler", "from optim import lr_scheduler"),
    ("from  torch.nn  import (  # a\n    Linear,  # b\n)", "from  nn  import (  # a\n    Linear,  # b\n)"),
    ("from torch.nn \\\n  import Linear", "from nn \\\n  import Linear"),
    ("from torch.utils.checkpoint import checkpoint", "from autograd import checkpoint"),
    ("from torch.autograd import Variable, gradcheck",
     "from autograd import Variable\nfrom autograd.testing import gradcheck"),
    ("from torch.nn.utils import clip_grad_norm_ as c", "from nn.utils import clip_grad_norm_ as c"),
    ("import torch_scatter, mytorch", "import torch_scatter, mytorch"),
    ("from .torch import nn", "from .torch import nn"),
    ("from __future__ import annotations\nimport torch\ntorch.nn.ReLU()",
     "from __future__ import annotations\nimport nn\nimport autograd\nnn.ReLU()"),
    ("def f():\n    import torch\n    return torch.nn.Linear(1, 1)",
     "import nn\ndef f():\n    import autograd\n    return nn.Linear(1, 1)"),
    ("import torch\ntorch.ones(2).numpy()", "import autograd\nautograd.ones(2).numpy()"),
    ("import torch\nx = 'torch.nn'  # torch.nn", "import autograd\nx = 'torch.nn'  # torch.nn"),
    ("import torch\ntorch = 3\nprint(torch.real)", "import autograd\nautograd = 3\nprint(autograd.real)"),
    ("import torch\ndef f(torch):\n    return torch.ones", "import autograd\ndef f(torch):\n    return torch.ones"),
    ("import torch\n[torch for torch in (1,)]; torch.ones(2)", "import autograd\n[torch for torch in (1,)]; autograd.ones(2)"),
    ("import torch\nclass A:\n    torch = 1\n    def f(self): return torch.ones(2)",
     "import autograd\nclass A:\n    torch = 1\n    def f(self): return autograd.ones(2)"),
    ("import torch\ndef f(x=torch.ones(2), *a: torch.Tensor, **k: 'torch.Tensor') -> 'torch.Tensor': pass",
     "import autograd\ndef f(x=autograd.ones(2), *a: autograd.Tensor, **k: 'autograd.Tensor') -> 'autograd.Tensor': pass"),
    ("import torch.optim as optim\nfrom torch import optim as o\noptim.SGD, o.SGD",
     "import optim\nimport optim as o\noptim.SGD, o.SGD"),
    ("import torch\nnn = 1\ntorch.nn.Linear", "import nn as tapegrad_nn\nimport autograd\nnn = 1\ntapegrad_nn.Linear"),
    ("import torch\ndef autograd(): return torch.ones(2)",
     "import autograd as tapegrad_autograd\ndef autograd(): return tapegrad_autograd.ones(2)"),
    ("import torch as th\nth.nn.Linear(1, 1)(th.ones(1))", "import nn\nimport autograd as th\nnn.Linear(1, 1)(th.ones(1))"),
    ("import torch\nprint(f'{torch.ones(1)} {{torch.x}} {torch.ones(1)!r:>{torch.tensor(3)}} {{' f'{1:torch}')",
     "import autograd\nprint(f'{autograd.ones(1)} {{torch.x}} {autograd.ones(1)!r:>{autograd.tensor(3)}} {{' f'{1:torch}')"),
    ("import torch\ns = f'''é {\n torch.ones(2)\n} {f\"{torch.ones(1)}\"}'''",
     "import autograd\ns = f'''é {\n autograd.ones(2)\n} {f\"{autograd.ones(1)}\"}'''"),
    ("import torch\né = 'é'; x = torch.ones(2)", "import autograd\né = 'é'; x = autograd.ones(2)"),
    ("import torch\nwith torch.no_grad(): y = (torch\n  .ones(2))", "import autograd\nwith autograd.no_grad(): y = (autograd\n  .ones(2))"),
    ("import torch\ny = (torch).ones(2), (torch.nn).Linear", "import nn\nimport autograd\ny = (autograd).ones(2), (nn).Linear"),
    ("import torch\nx = (torch  # why\n  .nn  # e.g. this\n  .Linear)", "import nn\nimport autograd\nx = (nn  # why\n    # e.g. this\n  .Linear)"),
    ("import torch\nx = (torch. # a.b\n  autograd. # c.d\n  grad)", "import autograd\nx = (autograd # a.b\n  . # c.d\n  grad)"),
    ("\ufeffimport torch\ntorch.ones(1)", "\ufeffimport autograd\nautograd.ones(1)"),
    ("try:\n    from torch.cuda.amp import autocast\nexcept ImportError:\n    from torch import autocast",
     "try:\n    from autograd.cuda.amp import autocast\nexcept ImportError:\n    from autograd import autocast"),
    ("from torch import *\nmanual_seed(0); x = randn(2); f = open",
     "from autograd import manual_seed, randn\nmanual_seed(0); x = randn(2); f = open"),
    ("from torch.nn import *\nm = Sequential(Linear(1, 1)); init.zeros_(m[0].bias)",
     "from nn import Linear, Sequential, init\nm = Sequential(Linear(1, 1)); init.zeros_(m[0].bias)"),
    ("import torch\nlambda torch: torch.x, torch.ones", "import autograd\nlambda torch: torch.x, autograd.ones"),
    ("x = 1\x0c\nimport torch\ntorch.ones(1)", "x = 1\x0c\nimport autograd\nautograd.ones(1)"),
])
def test_changes(before, after):
    assert port(before) == after


@pytest.mark.parametrize(("source", "line", "words"), [
    ("import torch\n\nx = torch.sparse_coo_tensor()", 3, "torch.sparse_coo_tensor is not in Tapegrad"),
    ("from torch.nn import (\n  Linear, NoSuch)", 1, "torch.nn.NoSuch is not in Tapegrad"),
    ("import torch\nx = f'''\n{torch.no_such}'''", 2, "torch.no_such is not"),
    ("import torch.fx", 1, "torch.fx is not in Tapegrad: "),
    ("import torch.fx as fx", 1, "torch.fx is not in Tapegrad: "),
    ("from torch.distributions import Normal", 1, "torch.distributions.Normal is not in Tapegrad: "),
    ("import torchvision.models as m", 1, "torchvision.models is not in Tapegrad: "),
    ("from torchvision import models", 1, "torchvision is not in Tapegrad: "),
    ("import torch\ndtype = torch.bfloat16", 2, "torch.bfloat16 is not in Tapegrad: NumPy"),
    ("import torch\nx = torch.ones(2)\nx.to_sparse()", 3, "torch.Tensor.to_sparse is not"),
    ("import torch\nx = torch.ones(2).cuda()", 2, ".cuda() raises"),
    ("import torch\nx = torch.ones(2, device='cuda:0')", 2, "device='cuda:0' raises"),
    ("import torch\ntorch.cuda.set_device(0)", 2, "torch.cuda.set_device raises when it is used"),
    ("import torch\ntorch.manual_seed(0, none=1)", 2, "torch.manual_seed has no argument none="),
    ("import torch\nprint(torch.__version__)", 2, "Tapegrad's own version"),
    ("from torch.utils.data import DataLoader\nDataLoader([1], num_workers=2)", 2, "if __name__ == \"__main__\":"),
    ("import torch\nx = torch.ones(2)\nx = x.to('cuda')", 3, ".to('cuda') raises"),
    ("import torch\nd = torch.device('cuda:1')\nx = torch.ones(2).to(d)", 3, ".to('cuda:1') raises"),
    ("import torch\nd = 'mps'\nx = torch.ones(2, device=d)", 3, "device='mps' raises"),
    ("import torch\ntorch.set_default_device('cuda')", 2, "torch.set_default_device('cuda') raises"),
    ("import torch\ntorch.load('x', map_location='cuda')", 2, "map_location='cuda' raises"),
    ("import torch.nn as nn\ne = nn.Embedding(3, 2, sparse=True)", 2, "torch.nn.Embedding raises with sparse=True"),
    ("import torch\nx = torch.ones(2)\nprint(x.summ())", 3, "Tensor has no attribute summ; did you mean sum?"),
    ("import torch\ntorch.ones(2).relu()[0].T.meann()", 2, "Tensor has no attribute meann; did you mean mean?"),
    ("import torch\ndef f():\n  x = -torch.ones(2) * 2\n  return x.shap", 4, "Tensor has no attribute shap; did you mean shape?"),
    ("import torch\nx = torch.ones(2)\nx.sum(axiss=0)", 3, "torch.Tensor.sum has no argument axiss="),
    ("from torch import nn\nm = nn.Linear(2, 1)\nm.to('cpu').parametrs()", 3, "Linear has no attribute parametrs; did you mean parameters?"),
    ("from torch import nn\nclass Net(nn.Module): pass\nm = Net()\nm.trian()", 4, "Net has no attribute trian; did you mean train?"),
    ("from torch import nn\nloss = nn.MSELoss()\nfor x in y:\n  l = loss(x, x)\n  l.backwrd()", 5, "Tensor has no attribute backwrd; did you mean backward?"),
    ("import torch\nx = torch.zeros(2, dytpe=torch.float64)", 2, "torch.zeros has no argument dytpe="),
    ("import torch\ntorch.einsum('i->i', x, out=y)", 2, "torch.einsum has no argument out=; assign the result"),
    ("from torch import nn\nm = nn.Linear(2, 1).train().half()\nm.apply(f).requires_grad_(False).wieght", 3, "Linear has no attribute wieght"),
    ("import torch\nx = torch.ones(2).requires_grad_().new_zeros(3)\nx.summ()", 3, "Tensor has no attribute summ"),
    ("from torch import nn\nclass Net(nn.Module):\n  def __init__(self):\n    super().__init__()\n    self.fc = nn.Linear(2, 1)\n  def forward(self, x):\n    y = self.fc(x)\n    return y.summ()", 8, "Tensor has no attribute summ"),
    ("from torch import nn\nclass Net(nn.Module):\n  def __init__(self):\n    self.fc: nn.Module = nn.Linear(2, 1)\n  def f(self):\n    return [self.fc.wieght for _ in x]", 6, "Linear has no attribute wieght"),
    ("import torch\nclass A:\n  def __init__(this, n):\n    this.x = torch.ones(n)\n  def f(this):\n    return (this.x * 2).summ(), this.x.T.meann()", 6, "Tensor has no attribute summ"),
    ("from torch import optim\no = optim.SGD([], 1)\no.zero_gradd()", 3, "SGD has no attribute zero_gradd; did you mean zero_grad?"),
])
def test_findings(source, line, words):
    result = ported(source)
    assert [f.line for f in result.findings if words in f.text] == [line]
    assert result.works == ("__version__" in source)


@pytest.mark.parametrize(("source", "words"), [
    ("import torch\nif torch.cuda.is_available():\n    x = torch.ones(2).cuda()", ".cuda() raises"),
    ("import torch\nx = torch.ones(2)\ny = x.to('cuda') if cuda else x", ".to('cuda') raises"),
    ("import torch\nT = torch.cuda.FloatTensor if cuda else torch.FloatTensor", "torch.cuda.FloatTensor raises"),
    ("try:\n    from torch import nothing\nexcept ImportError:\n    nothing = None", "torch.nothing is not"),
    ("from torch.distributed import init_process_group", "raises when it is used"),
    ("from torch.utils.data import DataLoader\nDataLoader([1], num_workers=n)", "if __name__"),
])
def test_what_may_work_is_a_note(source, words):
    result = ported(source)
    assert [words in f.text for f in result.findings] == [True] and result.works


@pytest.mark.parametrize("source", [
    "import torch\nimport torch.nn as nn\nx = nn.Linear(2, 1)(torch.ones(2)).sum().item()",
    "from torch.utils.data import DataLoader\nif __name__ == '__main__':\n    DataLoader([1], num_workers=2)",
    "from torch.utils.data import DataLoader\nDataLoader([1], num_workers=0)",
    "import torch.optim as optim\noptim = optim.SGD([], lr=1)\noptim.step()",
    "import torch\nx = torch.nn.Linear(2, 1, bias=False, device='cpu')",
    "image.resize(3); table.storage()",
    "import torch\nx = torch.ones(2)\nx.mine = 3\nprint(x.mine)",
    "import torch\nx = torch.ones(2)\nx = other(x)\nprint(x.mine)",
    "import torch\nx = torch.ones(2)\ndef f():\n    global x\n    x = 3\nprint(x.mine)",
    "import torch\nx = torch.max(y, 1)\nprint(x.mine)",
    "import torch\nx = torch.ones(2)\ndel x\nprint(x.mine)",
    "import torch\nx = torch.unique(y, return_counts=True)\nprint(x.mine)",
    "import torch\ndef f(x):\n    return x.mine, [x.mine for x in y]",
    "from torch import nn\nm = nn.Sequential(**members)\nm.head",
    "from torch import nn\nm = nn.LSTM(2, 2)\nm(x).mine, m.weight_ih_l0, m.hidden_size",
    "from torch import nn\nclass Net(Other, nn.Module): pass\nNet().mine",
    "from torch import nn\nclass Net(nn.Module):\n    def extra(self): self.more = 1\nn = Net()\nn.extra(), n.more, n(x).mine",
    "from torch import nn\nclass Net(nn.Module):\n    def __getattr__(self, name): return 1\nNet().mine",
    "from torch import nn\nm = nn.Module()\nm.register_buffer('mine', None)\nm.mine",
    "from torch import optim\no = optim.SGD([], 1)\no.param_groups, o.state, o.defaults",
    "import torch\nx = torch.ones(2).to('cpu'); y = table.to('float')",
    "import torch\ntorch.zeros(size=(2, 3), dtype=torch.float64, out=y)",
    "import torch\nx = torch.ones(2)\ntorch.mul(x, x, out=y), torch.sum(x, axis=0), x.sum(axis=0, keepdims=True), z.argsort(axis=0)",
    "import torch\na = b\nb = a\na.mine",
    *["import torch\nclass A:\n  def __init__(self):\n    self.x = torch.ones(2)\n  def f(self):\n    return self.x.mine\n" + more
      for more in ("a = A()\na.x = 3", "setattr(a, 'x', 3)", "class B(A):\n  x = 4\n  def g(self): self.x = 3")],
    "import torch\nclass A:\n  x = 3\n  def f(self):\n    self.x = torch.ones(2)\n    return self.x.mine",
    "import torch\nclass A:\n  def f(self, other):\n    other.x = torch.ones(2)\n    return self.x.mine",
    "import torch\nclass A:\n  def f(self):\n    self.x = self.y\n    self.y = self.x\n    return self.x.mine",
    "import torch\nclass A:\n  @classmethod\n  def f(cls):\n    cls.x = torch.ones(2)\n  def g(self): return self.x.mine",
    "import torch\nclass A:\n  def f(self):\n    self, y = y, self\n    self.x = torch.ones(2)\n    return self.x.mine",
    "import torch\nclass A:\n  def f(self):\n    self.x, y = torch.ones(2), 1\n    self.z += torch.ones(2)\n    return self.x.mine, self.z.mine",
])
def test_nothing_to_say(source):
    assert ported(source).findings == []


def test_other_text_stays(tmp_path):
    """Ends of lines, the encoding and the missing last end of line, too."""
    script, out = tmp_path / "script.py", tmp_path / "out.py"
    script.write_bytes("# -*- coding: latin-1 -*-\r\nimport torch\r\n\r\ns = 'é'  # é\r\nprint(torch.ones(1))".encode("latin-1"))
    result = python("-m", "tapegrad", "port", script, "-o", out)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert out.read_bytes() == (
        "# -*- coding: latin-1 -*-\r\nimport autograd\r\n\r\ns = 'é'  # é\r\nprint(autograd.ones(1))".encode("latin-1"))
    assert python(out).stdout == "tensor([1.])\n"


def test_what_is_no_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("x = (\n")
    result = python("-m", "tapegrad", "port", script)
    assert result.returncode == 2 and result.stdout == "" and "was never closed" in result.stderr
    result = python("-m", "tapegrad", "port", tmp_path / "nothing.py")
    assert result.returncode == 2 and "No such file" in result.stderr


@pytest.mark.parametrize(("line", "status", "words"), [
    ("torch.ones(2)", 0, ""), ("torch.ones(2).cuda()", 1, "script.py:2: .cuda() raises"),
    ("print(torch.__version__)", 0, "script.py:2: note: torch.__version__ becomes"),
])
def test_exit_status_says_whether_it_will_work(tmp_path, line, status, words):
    script, out = tmp_path / "script.py", tmp_path / "out.py"
    script.write_bytes(b"\xef\xbb\xbf" + f"import torch\n{line}\n".encode())  # as some editors begin a file
    result = python("-m", "tapegrad", "port", script, "-o", out)
    assert result.returncode == status and result.stdout == "" and words in result.stderr
    assert out.read_bytes().startswith(b"\xef\xbb\xbfimport autograd\n")
