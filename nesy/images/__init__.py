"""Pictures of symbols: files of image sequences with answers, pictures of expressions, drawn symbols."""

from nesy.images.frame import Frame
from nesy.images.pairs import ImagePairs
from nesy.images.picture import read_picture, segments

__all__ = ["Frame", "ImagePairs", "read_picture", "segments"]
