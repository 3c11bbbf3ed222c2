"""In a process that a script under ``tapegrad run`` starts with ``spawn``, ``import torch`` comes here."""

from tapegrad.moving.standin import install

install()
