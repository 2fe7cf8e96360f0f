"""The handwritten digits of scikit-learn: E. Alpaydin and C. Kaynak, UCI machine learning repository, 1998."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nesy.errors import InputError
from nesy.images.picture import Image


def handwritten_digits() -> tuple[Image, NDArray[np.int64]]:
    """Images (1797, 8, 8), light ink on 0, and which digit each shows, in the order of the data set: later ones are of
    other writers.

    Raises:
        InputError: scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise InputError(
            "the handwritten digits come with scikit-learn, which is not installed",
            mend='pip install scikit-learn, or pip install "nesy[digits]"',
        ) from None
    data = load_digits()
    return (data.images * (255 / 16)).round().astype(np.uint8), data.target
