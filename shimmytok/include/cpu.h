/* Which vector instructions this processor has.
 *
 * Holds the question and the macros that let one function use instructions the rest of the library must not need; not
 * the choice (_simd.pyx).  Levels are those of enum SimdLevel.  Compilers without GCC's `target` attribute get the
 * portable code only.  That uses what all processors of a kind have: SSE2 on x86-64, NEON on 64-bit Arm, where compilers
 * do not find it themselves. */
#ifndef SHIMMYTOK_CPU_H
#define SHIMMYTOK_CPU_H

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define SHIM_X86 1
#include <cpuid.h>
#include <immintrin.h>
#define SHIM_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))
#if defined(SHIM_EMULATE_AVX512)
#include "avx512_emulated.h"
#define SHIM_AVX512 SHIM_AVX2
#else
#define SHIM_AVX512 \
    __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt,avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2")))
#endif
#else
#define SHIM_X86 0
#endif

#if defined(__aarch64__) && defined(__AARCH64EL__) && (defined(__GNUC__) || defined(__clang__))
#define SHIM_NEON 1
#include <arm_neon.h>
#else
#define SHIM_NEON 0
#endif

#if defined(__GNUC__) || defined(__clang__)
#define SHIM_LIKELY(x) __builtin_expect(!!(x), 1)
#define SHIM_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SHIM_NOINLINE __attribute__((noinline))
#else
#define SHIM_LIKELY(x) (x)
#define SHIM_UNLIKELY(x) (x)
#define SHIM_NOINLINE
#endif

#if SHIM_X86
/* Not every compiler knows its name in __builtin_cpu_supports. */
static inline int shim_cpu_has_lzcnt(void) {
    unsigned a, b, c, d;
    return __get_cpuid(0x80000001, &a, &b, &c, &d) && (c >> 5 & 1);
}
#endif

static inline int shim_cpu_level(void) {
#if SHIM_X86
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2") ||
        !__builtin_cpu_supports("popcnt") || !shim_cpu_has_lzcnt())
        return 0;
#if !defined(SHIM_EMULATE_AVX512)
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512vbmi") ||
        !__builtin_cpu_supports("avx512vbmi2"))
        return 1;
#endif
    return 2;
#else
    return 0;
#endif
}

#endif
