"""Places between two bytes that no token has side by side, so that none lies across, and encoding what lies between.

Not all such places are cut: not between two small letters, nor behind a space, where most vocabularies have tokens that
lie across nearly all of them, and not between two bytes that are not ASCII.  So in clean text all are between two
characters.
"""

from libc.stdint cimport uint32_t
from libc.string cimport memcpy, memset

from shimmytok._cached_pieces cimport Missed, Pieces, encode_pieces
from shimmytok._simd cimport simd_level
from shimmytok._stretches cimport CHUNK, shim_bit_numbers, shim_byte_sets_init, shim_masks, shim_masks_of
from shimmytok._workspace cimport OK

cdef enum:
    SPACE = 0x20
    BLOCK = 4096                   # bytes whose parts are encoded together


cdef struct Job:
    EncodeWord encode
    const void* tables


cdef void join_bytes(ByteCuts* cuts, const uint8_t* p, size_t n) noexcept nogil:
    cdef size_t i
    for i in range(1, n):
        cuts.joined[4 * p[i - 1] + (p[i] >> 6)] |= <uint64_t>1 << (p[i] & 63)


cdef void join_all(ByteCuts* cuts, const Table* texts) noexcept nogil:
    cdef uint32_t k
    for k in range(texts.count):
        join_bytes(cuts, texts.text + texts.starts[k], texts.starts[k + 1] - texts.starts[k])


cdef void choose_cuts(ByteCuts* cuts) noexcept nogil:
    cdef uint8_t[128] members
    cdef uint64_t* row
    cdef uint64_t joined_to_all
    cdef unsigned left, k
    for left in range(256):
        row = &cuts.joined[4 * left]
        if left == SPACE:
            memset(row, 0xFF, 4 * sizeof(uint64_t))
        elif left >= 0x80:
            memset(row + 2, 0xFF, 2 * sizeof(uint64_t))
        elif is_small(<uint8_t>left):
            row[97 >> 6] |= (<uint64_t>1 << 26) - 1 << (97 & 63)
        if left < 128:
            joined_to_all = ~<uint64_t>0
            for k in range(4):
                joined_to_all &= row[k]
            members[left] = 1 if is_small(<uint8_t>left) else 0 if joined_to_all == ~<uint64_t>0 else 2
    shim_byte_sets_init(&cuts.sets, members)


cdef size_t next_cuts(
    const ByteCuts* cuts, const uint8_t* text, size_t n, size_t* at, uint32_t* places
) noexcept nogil:
    """The cuts of the next BLOCK of bytes; how many.  `at` moves on; up to BLOCK + CHUNK places are written."""
    cdef uint8_t[CHUNK] last
    cdef shim_masks masks
    cdef uint64_t wanted
    cdef size_t stop = min(n, at[0] + BLOCK), listed = 0, count = 0, i
    cdef uint32_t place
    while at[0] < stop:
        if stop - at[0] < CHUNK:
            memset(last, 0, CHUNK)
            memcpy(last, text + at[0], stop - at[0])
            shim_masks_of(simd_level, &cuts.sets, last, &masks)
            wanted = (<uint64_t>1 << (stop - at[0])) - 1
        else:
            shim_masks_of(simd_level, &cuts.sets, text + at[0], &masks)
            wanted = ~<uint64_t>0
        # By the byte on the left; of the first of the chunk it is not known.
        wanted &= masks.second << 1 | (masks.first << 1 & ~masks.first) | (masks.wide << 1 & ~masks.wide) | 1
        if at[0] == 0:
            wanted &= ~<uint64_t>1
        listed += shim_bit_numbers(simd_level, wanted, <uint32_t>at[0], places + listed)
        at[0] += CHUNK
    at[0] = stop
    for i in range(listed):                                # without a branch: every third or so is a cut
        place = places[i]
        places[count] = place
        count += not are_joined(cuts, text[place - 1], text[place])
    return count


cdef size_t find_byte_seam(const ByteCuts* cuts, const uint8_t* stretch, size_t n) noexcept nogil:
    cdef size_t i
    for i in range(1, n):
        if SPACE < stretch[i - 1] < 0x80 and stretch[i] < 0x80 and not are_joined(cuts, stretch[i - 1], stretch[i]):
            return i
    return 0


cdef int encode_missed(
    const void* tables, Missed* words, size_t count, Workspace* ws, IdSink* found
) noexcept nogil:
    cdef const Job* job = <const Job*>tables
    cdef size_t k
    cdef int status
    for k in range(count):
        words[k].first = found.n
        status = job.encode(job.tables, words[k].p, words[k].n, ws, found)
        if status != OK:
            return status
        words[k].count = <uint32_t>(found.n - words[k].first)
    return OK


cdef int encode_parts(
    const ByteCuts* cuts, WordCacheTables* cache, EncodeWord encode, const void* tables,
    const uint8_t* text, size_t n, Workspace* ws, IdSink* out
) noexcept nogil:
    cdef uint32_t[BLOCK + CHUNK] ends
    cdef Pieces pieces
    cdef Job job
    cdef size_t at = 0
    cdef int status
    job.encode = encode
    job.tables = tables
    pieces.text = text
    pieces.readable = n
    pieces.start = 0
    pieces.starts = NULL
    pieces.inserts = NULL
    pieces.ends = ends
    while at < n:
        pieces.count = next_cuts(cuts, text, n, &at, ends)
        if at == n:
            ends[pieces.count] = <uint32_t>n
            pieces.count += 1
        if pieces.count:
            status = encode_pieces(cache, encode_missed, &job, &pieces, ws, out)
            if status != OK:
                return status
            pieces.start = ends[pieces.count - 1]
    return OK
