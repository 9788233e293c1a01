"""A client of Crosswalk: NumPy arrays in, NumPy arrays out."""

from .client import Compared, Crosswalk, Face, Translated
from .problem import CrosswalkError

__all__ = ["Compared", "Crosswalk", "CrosswalkError", "Face", "Translated"]
