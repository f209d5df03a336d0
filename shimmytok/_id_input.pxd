"""Token ids as they come from outside."""

from libc.stdint cimport uint32_t

from shimmytok._join cimport Ids

# Look at ids where they lie, if they are an exact list or tuple or a plain numpy array; returns what has to be kept
# alive, or None.  They are not checked; the list must not change while they are read.
cdef object look_at_ids(object ids, Ids* view)

# Ids of any kind, checked: uint32[n].  InvalidTokenError for one that is not below `count`, or TypeError.
cdef object checked_ids(object ids, uint32_t count)
