/* Asks for a cache line before it is needed; a hint, which changes no result. */
#ifndef SHIMMYTOK_PREFETCH_H
#define SHIMMYTOK_PREFETCH_H

#if defined(__GNUC__) || defined(__clang__)
#define SHIM_PREFETCH(p) __builtin_prefetch(p)
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
#include <intrin.h>
#define SHIM_PREFETCH(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)
#else
#define SHIM_PREFETCH(p) ((void)(p))
#endif

#endif
