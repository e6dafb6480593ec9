from .core import Thing, make
from . import util as u
__all__ = ["Thing", "make", "u"]
VERSION = "1." + str(u.helper(1))
