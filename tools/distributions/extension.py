"""What must not be in an extension module for Linux: symbols nobody needs, paths of the machine that built it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

__all__ = ["MAX_BYTES", "faults"]

# The largest is Cython's shared code with 200 KB; one of several times that has debug information or a table in it.
MAX_BYTES = 512 * 1024
# Folders that programs are built in or installed to, never those a loader knows of itself (/lib64/ld-linux...).
BUILD_PATH = re.compile(rb"(?:/(?:tmp|root|home|build|project|Users|opt|usr/local|private|var)/|[A-Z]:\\)[\x20-\x7e]*")
# libm and libpthread: older C libraries have them apart.
LIBRARIES = re.compile(r"(?:libc|libm|libpthread|libgcc_s|ld-linux.*|libc\.musl-.*)\.so(?:\.\d+)?")


def faults(content: bytes, also: tuple[bytes, ...] = ()) -> Iterator[str]:
    """What is wrong with a shared library; `also` are more texts that it must not hold, such as the build folder."""
    if len(content) > MAX_BYTES:
        yield f"has {len(content):,} bytes, more than {MAX_BYTES:,}"
    for found in sorted({*BUILD_PATH.findall(content), *(text for text in also if text in content)}):
        yield f"names a path of the machine that built it: {found.decode()}"
    if not content.startswith(b"\x7fELF"):
        yield "is no ELF file"
        return
    elf = ELFFile(io.BytesIO(content))
    names = {section.name for section in elf.iter_sections()}
    for name in sorted(name for name in names if name == ".symtab" or name.startswith(".debug")):
        yield f"has a section {name}: it is not stripped"
    dynamic = elf.get_section_by_name(".dynamic")
    if isinstance(dynamic, DynamicSection):
        yield from _dynamic_faults(dynamic)
    yield from _symbol_faults(elf)


def _dynamic_faults(dynamic: DynamicSection) -> Iterator[str]:
    """Libraries to load that are not everywhere, and where to look for them."""
    for tag in dynamic.iter_tags():
        if tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH"):
            yield f"looks for libraries in {getattr(tag, 'rpath', '') or tag.runpath}"
        elif tag.entry.d_tag == "DT_NEEDED" and not LIBRARIES.fullmatch(tag.needed):
            yield f"needs {tag.needed}"


def _symbol_faults(elf: ELFFile) -> Iterator[str]:
    """What it shows to other libraries: nothing but its init function, so that no two of ours can meet."""
    symbols = elf.get_section_by_name(".dynsym")
    for symbol in symbols.iter_symbols() if symbols is not None else ():
        shown = symbol.entry.st_shndx != "SHN_UNDEF" and symbol.entry.st_info.bind != "STB_LOCAL"
        if shown and not symbol.name.startswith(("PyInit_", "_init", "_fini", "__bss_start", "_edata", "_end")):
            yield f"exports {symbol.name}"
