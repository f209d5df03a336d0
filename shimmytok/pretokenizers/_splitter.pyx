"""The compiled tables of a pre-tokenizer: `Splitter` owns them, and believes none before it has been checked.

Not how tables are made (`splitters.py`, `restart.py`) nor how they are run (`_split.pyx`).
"""

from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdlib cimport free, malloc

from shimmytok.pretokenizers._scratch cimport END_OF_PIECE, MAX_LOOPS, SplitScratch
from shimmytok.pretokenizers._seam cimport split_seam
from shimmytok.pretokenizers._split cimport split, split_begin, split_more, split_scratch_free, split_scratch_init
from shimmytok.pretokenizers._walk cimport MAX_STAGES, WALK, ByteSet, Stage, StageKind
from shimmytok.unicode._utf8 cimport is_clean

cdef extern from "split_table.h" nogil:
    void shim_find_alike(shim_restart* t, uint8_t first_class)
    int shim_square(shim_restart* t, uint32_t* pairs, uint32_t* meeting)

cdef extern from "split_bits.h" nogil:
    const bint SHIM_X86            # else a table is never run by bits

cdef extern from "split_likely.h" nogil:
    const size_t SHIM_LIKELY_SYMBOLS
    ctypedef struct shim_chances:
        pass
    void shim_find_likely(const shim_restart* t, shim_likely* likely, shim_chances* chances)

cdef extern from "byte_set.h" nogil:
    void shim_byte_set_add(ByteSet* set, uint8_t c)

cdef enum:
    PAGES_OF_UNICODE = 0x1100
    MAX_TEXT = 0x7FFFFFFF
    MAX_PAIRS = 1 << 16            # entries of a table of pairs, which should stay in the second cache
    FIRST_CLASS = 2                # of characters
    DROPPED = 3 << 5               # of an entry
    AGES = 15


cdef class Splitter:
    """The compiled tables of one pre-tokenizer; immutable."""

    def __cinit__(self, const uint8_t[::1] ascii not None, const uint16_t[::1] page_of not None,
                  const uint8_t[::1] pages not None, stages, restart=None):
        """`stages`: (kind, shift, rows, loops, members) each, as in _walk.pxd; `restart`: a Restart of restart.py."""
        if ascii.shape[0] != 128 or page_of.shape[0] != PAGES_OF_UNICODE:
            raise ValueError("tables of a wrong size")
        if not 1 <= len(stages) <= <Py_ssize_t>MAX_STAGES:
            raise ValueError(f"{len(stages)} stages; 1 to {MAX_STAGES} are possible")
        self.ascii, self.page_of, self.pages = ascii, page_of, pages
        self.tables.ascii, self.tables.page_of, self.tables.pages = &ascii[0], &page_of[0], &pages[0]
        self.owned = []
        self.n_classes = 256
        for kind, shift, rows, loops, members in stages:
            self.add_stage(kind, shift, memoryview(rows), memoryview(loops), memoryview(members))
        if restart is not None:
            self.n_classes = min(self.n_classes, <size_t>restart.n_symbols + FIRST_CLASS)
        self.check_classes()
        if restart is not None:
            self.add_restart(restart.n_symbols, restart.entries, restart.ends, restart.guessed)

    def __dealloc__(self):
        free(self.entries)

    cdef int add_stage(self, int kind, int shift, rows, loops, members) except -1:
        """Fill in the next stage."""
        cdef Stage* stage = &self.tables.stages[self.tables.n_stages]
        cdef const uint16_t[::1] entries = rows
        cdef const uint8_t[::1] loop_of_state = loops, is_member = members
        stage.kind, stage.shift = <StageKind>kind, shift
        if is_member.shape[0] != 256 or bool(is_member[END_OF_PIECE]) != (kind == WALK):
            raise ValueError("not the members of such a stage")
        stage.members = &is_member[0]
        if kind == WALK:
            self.check_rows(shift, entries, loop_of_state)
            stage.rows, stage.loops = &entries[0], &loop_of_state[0]
            self.n_classes = min(self.n_classes, <size_t>1 << shift)
        self.owned.append((rows, loops, members))
        self.tables.n_stages += 1
        return 0

    cdef int check_rows(self, int shift, const uint16_t[::1] rows, const uint8_t[::1] loops) except -1:
        """Check that no entry leads out of the table, and that no state outlives the end of a piece."""
        cdef size_t i, n_states = <size_t>loops.shape[0]
        if not 1 <= shift <= 7 or n_states < 2 or <size_t>rows.shape[0] != n_states << shift:
            raise ValueError("rows of a wrong size")
        for i in range(n_states << shift):
            if <size_t>(rows[i] >> shift) >= n_states or rows[i] & ((1 << shift) - 1) & ~1:
                raise ValueError(f"entry {i} leads to no state")
        for i in range(n_states):
            if rows[i << shift | END_OF_PIECE] & ~1 or loops[i] > MAX_LOOPS:
                raise ValueError(f"state {i} outlives the end of the piece, or is no such loop")
        return 0

    cdef int check_classes(self) except -1:
        """Check that every class is in all tables and every page exists."""
        cdef size_t i
        for i in range(128):
            if not FIRST_CLASS <= self.ascii[i] < self.n_classes:
                raise ValueError(f"character {i} has no such class")
        for i in range(<size_t>self.pages.shape[0]):
            if not FIRST_CLASS <= self.pages[i] < self.n_classes:
                raise ValueError(f"character {i & 255} of page {i >> 8} has no such class")
        for i in range(<size_t>PAGES_OF_UNICODE):
            if (<size_t>self.page_of[i] + 1) << 8 > <size_t>self.pages.shape[0]:
                raise ValueError(f"code point {i << 8:#x} has no page")
        return 0

    cdef int add_restart(self, size_t n_symbols, const uint32_t[::1] entries, const uint32_t[::1] ends,
                         const uint8_t[::1] guessed) except -1:
        """Fill in the one table, and square it when that does not make it large."""
        cdef shim_restart* t = &self.restart
        cdef size_t i, n_states = <size_t>ends.shape[0]
        cdef size_t n_single = n_states * n_symbols, n_meeting = n_symbols * n_symbols
        cdef size_t n_pairs = n_states * n_meeting
        if n_symbols > 126 or not 1 <= n_states <= 255 or n_single != <size_t>entries.shape[0]:
            raise ValueError("a table of a wrong size")
        self.guessed = guessed
        t.n_symbols, t.n_states, t.guessed = n_symbols, n_states, &guessed[0]
        self.check_restart(entries, ends)
        if n_pairs > MAX_PAIRS:
            n_pairs = n_meeting = 0
        self.entries = <uint32_t*>malloc((n_single + n_states + n_pairs + n_meeting) * sizeof(uint32_t))
        if self.entries == NULL:
            raise MemoryError
        for i in range(n_single):
            self.entries[i] = <uint32_t>((entries[i] >> 8) * n_symbols) << 8 | entries[i] & 255
        for i in range(n_states):
            self.entries[n_single + i] = ends[i]
        for i in range(128):
            t.ascii[i] = self.ascii[i] - FIRST_CLASS
        t.single, t.ends = self.entries, self.entries + n_single
        t.page_of, t.pages = &self.page_of[0], &self.pages[0]
        shim_find_alike(t, FIRST_CLASS)
        if n_pairs:
            shim_square(t, self.entries + n_single + n_states, self.entries + n_single + n_states + n_pairs)
        self.add_likely()
        self.tables.restart = t
        self.add_scanner()
        return 0

    cdef int add_likely(self) except -1:
        """Choose the likely states, where they are of use."""
        cdef shim_chances* chances
        if not SHIM_X86 or self.restart.n_symbols > SHIM_LIKELY_SYMBOLS:
            return 0
        chances = <shim_chances*>malloc(sizeof(shim_chances))
        if chances == NULL:
            raise MemoryError
        shim_find_likely(&self.restart, &self.likely, chances)
        free(chances)
        self.restart.likely = &self.likely
        return 0

    cdef int add_scanner(self) except -1:
        """Where the last stage is a scanner, the table does not do it."""
        cdef const Stage* last = &self.tables.stages[self.tables.n_stages - 1]
        cdef size_t i, c, page, of_page
        cdef bint is_wanted = False
        for i in range(self.tables.n_stages - 1):
            if self.tables.stages[i].kind != WALK:
                raise ValueError(f"a table, and stage {i} is a scanner")
        if last.kind == WALK:
            return 0
        self.tables.scanner = last
        for c in range(128):
            if last.members[self.ascii[c]]:
                shim_byte_set_add(&self.tables.wanted, <uint8_t>c)
        for page in range(<size_t>PAGES_OF_UNICODE):
            if page == 0 or self.page_of[page] != self.page_of[page - 1]:   # most are the same
                of_page = <size_t>self.page_of[page] << 8
                is_wanted = False
                for i in range(of_page, of_page + 256):
                    is_wanted |= last.members[self.pages[i]]
            if is_wanted and page < 8:                     # each lead byte of two has 64 characters
                for c in range(4 * page, 4 * page + 4):
                    shim_byte_set_add(&self.tables.wanted, <uint8_t>(0xC0 | c))
            elif is_wanted:
                shim_byte_set_add(&self.tables.wanted, <uint8_t>(0xE0 | page >> 4 if page < 256 else 0xF0 | page >> 10))
        return 0

    cdef int check_restart(self, const uint32_t[::1] entries, const uint32_t[::1] ends) except -1:
        """Check that all entries lead to a state, and drop no more than what is certain to have been told before."""
        cdef size_t i, state, following, left, n_states = self.restart.n_states
        cdef uint32_t ages
        if <size_t>self.guessed.shape[0] != n_states or self.guessed[0] != 0:
            raise ValueError("guesses before the start")
        for i in range(<size_t>entries.shape[0]):
            state = i // self.restart.n_symbols
            following, left, ages = entries[i] >> 8, self.guessed[state], entries[i] & AGES
            if following >= n_states or entries[i] & 255 & ~(DROPPED | AGES) or (entries[i] & DROPPED) >> 5 > left:
                raise ValueError(f"symbol {i % self.restart.n_symbols} in state {state} has no such entry")
            left -= (entries[i] & DROPPED) >> 5
            while ages:
                left += 1
                ages &= ages - 1
            if self.guessed[following] > left:
                raise ValueError(f"state {state} has not told what state {following} may drop")
        for i in range(n_states):
            if (ends[i] & DROPPED) >> 5 > self.guessed[i]:
                raise ValueError(f"state {i} drops more at the end than it may")
        return 0

    def split(self, bytes text not None, plain=False):
        """The ends of the pieces of `text`, as offsets in bytes; the last is the text's length.

        `plain`: by the walk through the stages, even where one table can do it all. Raises ValueError when the text is
        not clean UTF-8 or has 2**31 bytes or more, and MemoryError.
        """
        cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(text)
        cdef size_t n = <size_t>len(text), k
        cdef SplitTables tables = self.tables
        cdef SplitScratch scratch
        cdef int status = 0
        cdef bint clean
        if n > MAX_TEXT:
            raise ValueError(f"a text of {n} bytes; {MAX_TEXT} are possible")
        if plain:
            tables.restart = NULL
        split_scratch_init(&scratch)
        try:
            with nogil:
                clean = is_clean(data, n)
                if clean:
                    status = split(&tables, data, n, &scratch)
            if not clean:
                raise ValueError("the text is not clean UTF-8")
            if status < 0:
                raise MemoryError
            return [scratch.ends[k] for k in range(scratch.n_ends)]
        finally:
            split_scratch_free(&scratch)

    def seam(self, bytes stretch not None, escapes=False):
        """A place in a stretch of any clean text where that can be cut in two that are split as the whole is, or 0."""
        return split_seam(&self.tables, stretch, len(stretch), escapes)

    def count(self, bytes text not None, plain=False):
        """How many pieces `text`, clean UTF-8, has. For benchmarks: block by block, as encoding does."""
        cdef const uint8_t* data = <const uint8_t*>PyBytes_AS_STRING(text)
        cdef size_t n = <size_t>len(text), total = 0
        cdef SplitTables tables = self.tables
        cdef SplitScratch scratch
        cdef int status = 1
        if plain:
            tables.restart = NULL
        split_scratch_init(&scratch)
        with nogil:
            split_begin(&tables, data, n, &scratch)
            while status > 0:
                status = split_more(&tables, data, n, &scratch)
                total += scratch.n_ends
        split_scratch_free(&scratch)
        if status < 0:
            raise MemoryError
        return total
