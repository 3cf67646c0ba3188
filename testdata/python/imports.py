"""A module that imports in all the ways that there are; compiled by CPython 3.11."""
import os
import xml.dom as dom, json
from . import near
from .inner.deep import (one,
    two as second)

try:
    import _fast as fast
except ImportError:
    fast = None


class Late:
    import in_a_class

    def method(self):
        import in_a_function
        return in_a_function


VALUES = (1, -5_000_000_000_000, 2.5, 3j, b"bytes", "text", None, ..., {"a", "b"}.__contains__, [x for x in range(3)])
LONG = "x" * 300 + """long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, long text, """
