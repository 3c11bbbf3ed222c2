"""The operations: one file a family, one statement an operation."""

from __future__ import annotations

from . import activation as activation
from . import arithmetic as arithmetic
from . import attention as attention
from . import comparison as comparison
from . import conv as conv
from . import elementwise as elementwise
from . import embedding as embedding
from . import fft as fft
from . import indexing as indexing
from . import linalg as linalg
from . import loss as loss
from . import matrix as matrix
from . import norm as norm
from . import pool as pool
from . import reductions as reductions
from . import resize as resize
from . import scan as scan
from . import shape as shape
from . import softmax as softmax
from . import sorting as sorting
from . import special as special
