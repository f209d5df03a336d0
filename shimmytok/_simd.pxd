"""The vector instructions that the C headers may use: asked of the processor once, at import."""

cdef enum SimdLevel:
    PORTABLE = 0
    AVX2 = 1                       # with BMI 1 and 2
    AVX512 = 2                     # F, BW, VL, VBMI and VBMI2

cdef int simd_level                # a SimdLevel; read it where the work begins, and pass it on
