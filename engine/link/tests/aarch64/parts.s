// Relocations with absolute values, which only an executable at a fixed address can have.
    .section .constants, "a"
    .globl constants
constants:
    .word fixed
    .hword fixed
    .hword 0
    .section .text.parts, "ax", %progbits
    .globl parts
parts:
    movz x0, #:abs_g0:fixed
    movz x0, #:abs_g1:large
    movk x0, #:abs_g0_nc:large
    movz x1, #:abs_g3:huge
    movk x1, #:abs_g2_nc:huge
    movk x1, #:abs_g1_nc:huge
    movk x1, #:abs_g0_nc:huge
    movz x2, #:abs_g0_s:negative
    movz x2, #:abs_g0_s:fixed
    movz x2, #:abs_g1_s:large
