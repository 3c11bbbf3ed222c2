"""What may be wrong with a file that is loaded, and the one exception that says so."""

from __future__ import annotations

import contextlib
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

from ..errors import fail


class Refused(Exception):
    """A file that is sound as far as one can see, and is not loaded; the words say why and what to do."""


# What reading bytes raises that are not what they should be: by the standard library, by NumPy, and here (ValueError).
_DAMAGE = (zipfile.BadZipFile, struct.error, EOFError, OSError, ValueError, TypeError, LookupError, AttributeError,
           OverflowError, RuntimeError)


@contextlib.contextmanager
def explained(name: Any) -> Iterator[None]:
    """Turn whatever goes wrong inside into a RuntimeError that names the file."""
    try:
        yield
    except Refused as error:
        fail(RuntimeError, f"{name} {error}")
    except _DAMAGE as error:
        fail(RuntimeError, f"{name} is damaged ({str(error) or type(error).__name__}): it was cut short or changed "
                           "after it was saved. Load an older checkpoint, or make it again")
