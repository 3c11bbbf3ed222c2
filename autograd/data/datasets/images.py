"""What the image sets have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...creation import from_numpy, tensor
from ..dataset import Dataset

Array = np.ndarray[Any, Any]


class Images(Dataset[tuple[Any, Any]]):
    """Images with labels. Sample ``i`` is ``(image, label)``: float32 [C, H, W] with values in [0, 1], and an int.

    Attributes:
        data: all images, uint8 [N, C, H, W].
        targets: all labels, int64 [N].
        classes: what the labels mean.
        transform, target_transform: called on each image, and each label, if not None.
    """

    classes: tuple[str, ...] = ()

    def __init__(self, images: Array, labels: Array, transform: Callable[[Any], Any] | None,
                 target_transform: Callable[[Any], Any] | None) -> None:
        self.data, self.targets = tensor(images), tensor(labels.astype(np.int64))
        self.transform, self.target_transform = transform, target_transform

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, label = from_numpy(_scaled(self.data.numpy()[index])), int(self.targets.numpy()[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def collated(self, indices: Sequence[int]) -> list[Any] | None:
        """What `default_collate` makes of the samples at ``indices``, by one gather; None if there are transforms."""
        if self.transform is not None or self.target_transform is not None:
            return None
        rows = list(indices)
        return [from_numpy(_scaled(self.data.numpy()[rows])), from_numpy(self.targets.numpy()[rows])]

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} images of {list(self.data.shape[1:])})"


def _scaled(pixels: Array) -> Array:
    return pixels.astype(np.float32) / np.float32(255)
