"""Samples for Fourier transforms."""

from __future__ import annotations

from op_samples import A, C, sample

_LINE = [{}, {"n": 3}, {"n": 6}, {"n": 7, "norm": "ortho"}, {"dim": 0, "norm": "forward"}, {"norm": "backward"}]
_PLANE = [{}, {"s": (2, 6), "dim": (0, 2)}, {"s": (-1, 3), "dim": (2, 1), "norm": "ortho"},
          {"dim": 1, "norm": "forward"}]
_ALL = [*_PLANE, {"s": (3,)}]


def _of(make, shape, options):
    return [sample(make(*shape), **o) for o in options]


def _either(options):
    return [*_of(A, (3, 4, 5), options), *_of(C, (3, 4, 5), options)]


SAMPLES = {
    **{f"fft_{name}": [*_of(A, (4, 5), _LINE), *_of(C, (4, 5), _LINE)] for name in ("fft", "ifft", "irfft", "hfft")},
    **{f"fft_{name}": [*_of(A, (4, 5), _LINE), *_of(A, (3, 4), _LINE)] for name in ("rfft", "ihfft")},
    **{f"fft_{name}": _either(_ALL) for name in ("fftn", "ifftn", "irfftn", "hfftn")},
    **{f"fft_{name}": _of(A, (3, 4, 5), _ALL) for name in ("rfftn", "ihfftn")},
    **{f"fft_{name}": _either(_PLANE) for name in ("fft2", "ifft2", "irfft2", "hfft2")},
    **{f"fft_{name}": _of(A, (3, 4, 5), _PLANE) for name in ("rfft2", "ihfft2")},
    "fft_c2c": [sample(C(3, 4), (0, 1), norm, inverse) for norm in ("backward", "forward", "ortho")
                for inverse in (False, True)] + [
        sample(A(3, 4), (1,), "ortho", False), sample(A(3), (), "ortho", False)],
    "fft_r2c": [sample(A(3, n), dims, norm) for n in (4, 5) for norm in ("backward", "forward", "ortho")
                for dims in ((1,), (1, 0), (0, 1))],
    "fft_c2r": [sample(C(4, 3), (1,), norm, n) for n in (4, 5) for norm in ("backward", "forward", "ortho")] + [
        sample(C(3, 4), (1, 0), "ortho", 4).without("zero_size", because="the length given has another half"),
        sample(A(4, 3), (0, 1), "backward", 5)],
    "fft_fftshift": [sample(A(3, 4)), sample(C(5, 2), 0), sample(A(3, 4), (0, 1))],
    "fft_ifftshift": [sample(A(3, 4)), sample(C(5, 2), 0), sample(A(3, 4), (0, 1))],
}
