"""Short-time Fourier transforms: the spectra of overlapping windowed pieces of a signal, and back."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import describe, fail
from ..primitive import composite
from ..tape import wrap_node
from .axes import transpose
from .complex_numbers import view_as_real
from .fft import fft, ifft, irfft, rfft
from .indexing import narrow
from .padding import constant_pad_nd, pad
from .shape import expand
from .strided import unfold, unfold_grad


def _whole_window(window: Any, like: np.dtype[Any], win_length: int, n_fft: int) -> Any:
    """The window of ``n_fft`` points, with zeros on both sides of the given one; a rectangle where there is none."""
    if window is None:
        window = wrap_node(np.ones(win_length, like.type(0).real.dtype), None)
    elif tuple(window.shape) != (win_length,):
        fail(RuntimeError, f"expected a 1D window tensor of size equal to win_length={win_length}, but got window with "
                           f"size {list(window.shape)}")
    left = (n_fft - win_length) // 2
    return constant_pad_nd(window, (left, n_fft - win_length - left)) if n_fft > win_length else window


@composite()
def stft(input: Any, n_fft: int, hop_length: int | None = None, win_length: int | None = None, window: Any = None,
         center: bool = True, pad_mode: str = "reflect", normalized: bool = False, onesided: bool | None = None,
         return_complex: bool | None = None, align_to_window: bool | None = None) -> Any:
    """Short-time Fourier transform: the discrete Fourier transform of each windowed frame of a signal.

    Args:
        input: (L) or (B, L), real or complex.
        n_fft: length of a frame.
        hop_length: from one frame to the next; default ``n_fft // 4``.
        win_length, window: the weights in the middle of each frame, and their number; default: ones, ``n_fft``.
        center: pad the signal, as ``pad_mode`` says, so that frame t is centered at ``t * hop_length``.
        normalized: divide by ``sqrt(n_fft)``.
        onesided: only the ``n_fft // 2 + 1`` frequencies that determine the others; the default for real signals.
        return_complex: a complex result; else real and imaginary part along a last dimension. Must be given where
            all is real.
        align_to_window: without ``center``: begin with the window, and not with the frame, at the first element.

    Returns:
        (B?, N, T), for N frequencies and T frames.

    Raises:
        RuntimeError: lengths do not fit, or a choice does not go with complex numbers.

    >>> import autograd
    >>> x = autograd.tensor([1., 0., -1., 0., 1., 0., -1., 0.])
    >>> autograd.stft(x, 4, 4, window=autograd.ones(4), center=False, return_complex=True).abs()
    tensor([[0., 0.],
            [2., 2.],
            [0., 0.]])
    """
    if center and align_to_window is not None:
        fail(RuntimeError, "stft align_to_window should only be set when center = false")
    if input.dtype.kind not in "fc" or input.ndim not in (1, 2):
        fail(RuntimeError, f"expected a 1D or 2D tensor of floating point or complex values, got {describe(input)}")
    is_complex = input.dtype.kind == "c" or (window is not None and window.dtype.kind == "c")
    if return_complex is None:
        if not is_complex:
            fail(RuntimeError, "stft requires the return_complex parameter be given for real inputs")
        return_complex = True
    if onesided is None:
        onesided = not is_complex
    elif onesided and is_complex:
        fail(RuntimeError, "Cannot have onesided output if window or input is complex")
    hop_length = n_fft // 4 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    batch = input if input.ndim == 2 else input.reshape(1, -1)
    if center:
        batch = pad(batch.reshape(1, *batch.shape), (n_fft // 2, n_fft // 2), pad_mode)[0]
    if not 0 < n_fft <= batch.shape[-1]:
        fail(RuntimeError, f"expected 0 < n_fft <= {batch.shape[-1]}, but got n_fft={n_fft}")
    if hop_length <= 0:
        fail(RuntimeError, f"expected hop_length > 0, but got hop_length={hop_length}")
    if not 0 < win_length <= n_fft:
        fail(RuntimeError, f"expected 0 < win_length <= n_fft, but got win_length={win_length}")
    if align_to_window:
        batch = constant_pad_nd(batch, ((n_fft - win_length) // 2,) * 2)
    frames = unfold(batch, -1, n_fft, hop_length) * _whole_window(window, input._a.dtype, win_length, n_fft)
    transform = rfft if onesided else fft
    found = transpose(transform(frames, norm="ortho" if normalized else None), 1, 2)
    found = found if input.ndim == 2 else found[0]
    return found if return_complex else view_as_real(found)


@composite()
def istft(input: Any, n_fft: int, hop_length: int | None = None, win_length: int | None = None, window: Any = None,
          center: bool = True, normalized: bool = False, onesided: bool | None = None, length: int | None = None,
          return_complex: bool = False) -> Any:
    """Inverse of `stft`: the signal whose frames have, in the sense of least squares, the given spectra.

    Overlapping frames are added and divided by the sum of the squared windows (Griffin and Lim, 1984, "Signal
    estimation from modified short-time Fourier transform").

    Args:
        input: (B?, N, T), complex.
        n_fft, hop_length, win_length, window, center, normalized, onesided: as they were for `stft`.
        length: of the signal; default: all that the frames determine.
        return_complex: the signal is complex; then not ``onesided``.

    Returns:
        (B?, length).

    Raises:
        RuntimeError: lengths do not fit, or the windows leave a place uncovered.

    >>> import autograd
    >>> x, w = autograd.arange(8.), autograd.ones(4)
    >>> spectra = autograd.stft(x, 4, 2, window=w, return_complex=True)
    >>> autograd.istft(spectra, 4, 2, window=w).round(decimals=4).abs()
    tensor([0., 1., 2., 3., 4., 5., 6., 7.])
    """
    hop_length = n_fft // 4 if hop_length is None else hop_length
    win_length = n_fft if win_length is None else win_length
    if input.dtype.kind != "c":
        fail(RuntimeError, "istft requires a complex-valued input tensor matching the output from stft with "
                           f"return_complex=True, got {describe(input)}")
    if input.ndim not in (2, 3) or 0 in input.shape:
        fail(RuntimeError, f"expected a tensor with 2 or 3 dimensions and elements, but got {describe(input)}")
    frequencies, n_frames = input.shape[-2:]
    if onesided is None:
        onesided = frequencies != n_fft
    wanted = n_fft // 2 + 1 if onesided else n_fft
    if frequencies != wanted:
        fail(RuntimeError, f"expected the frequency dimension (3rd to the last) of the input tensor to match n_fft / 2 "
                           f"+ 1 when onesided=True, or n_fft: {wanted}, but got {frequencies}")
    if not 0 < hop_length <= win_length:
        fail(RuntimeError, f"expected 0 < hop_length <= win_length, but got hop_length={hop_length}")
    if not 0 < win_length <= n_fft:
        fail(RuntimeError, f"expected 0 < win_length <= n_fft, but got win_length={win_length}")
    if return_complex and onesided:
        fail(RuntimeError, "Cannot have onesided output if window or input is complex")
    if not return_complex and window is not None and window.dtype.kind == "c":
        fail(RuntimeError, "Complex windows are incompatible with return_complex=False")
    window = _whole_window(window, input._a.dtype, win_length, n_fft)
    spectra = transpose(input if input.ndim == 3 else input.reshape(1, *input.shape), 1, 2)
    norm = "ortho" if normalized else None
    if return_complex:
        frames = ifft(spectra, norm=norm)
    else:
        frames = irfft(narrow(spectra, 2, 0, n_fft // 2 + 1), n_fft, norm=norm)
    total = n_fft + hop_length * (n_frames - 1)
    sums = unfold_grad(frames * window, 1, n_fft, hop_length, (len(spectra), total))
    weights = unfold_grad(expand(window * window, (1, n_frames, n_fft)), 1, n_fft, hop_length, (1, total))
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else total - (n_fft // 2 if center else 0)
    size = max(min(end, total) - start, 0)
    sums, weights = narrow(sums, 1, start, size), narrow(weights, 1, start, size)
    if size and float(np.abs(weights._a).min()) <= 1e-11:
        fail(RuntimeError, "window overlap add min: 1: the windows leave a place of the signal uncovered; take a "
                           "smaller hop_length or another window")
    found = sums / weights
    if end > total:
        warnings.warn("The length of signal is shorter than the length parameter. Result is being padded with zeros in "
                      "the tail. Please check your center and hop_length settings", UserWarning, stacklevel=2)
        found = constant_pad_nd(found, (0, end - total))
    return found if input.ndim == 3 else found[0]
