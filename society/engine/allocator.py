"""The C library's allocator, told to keep what it was given.

glibc hands large blocks back to the system when they are freed and asks for them again at the next tick, page by page. A
loop that makes the same tensors over and over then spends a quarter of its time on page faults. What is kept is used again,
so the peak stays what it was.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache

# <malloc.h>: parameters of mallopt, and what they are set to, in bytes
TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3
SETTINGS = {TRIM_THRESHOLD: (1 << 31) - 1, TOP_PAD: 64 << 20, MMAP_THRESHOLD: 1 << 30}


@cache
def keep_freed_memory() -> bool:
    """Tell the allocator, once for this process; False where it is not glibc's and nothing was changed."""
    if sys.platform != "linux":
        return False
    try:
        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version  # noqa: B018 (asks whether this is glibc)
        return all([libc.mallopt(name, value) for name, value in SETTINGS.items()])
    except (OSError, AttributeError):
        return False
