// Every relocation that needs no other library, against symbols at known distances.
    .text
    .globl start
    .hidden start
    .type start, %function
start:
    bl near
    b near
    b.eq near
    cbz x0, near
    tbz x0, #3, near
    adr x0, bytes
    ldr x1, literal
    adrp x2, bytes
    add x2, x2, :lo12:bytes
    ldrb w3, [x2, :lo12:bytes]
    adrp x2, words
    ldrh w3, [x2, :lo12:words+2]
    ldr w3, [x2, :lo12:words+4]
    ldr x3, [x2, :lo12:words+8]
    ldr q3, [x2, :lo12:words+16]
    adrp x4, :pg_hi21_nc:words+4096
    ret
    .section .text.near, "ax", %progbits
    .globl near
    .hidden near
    .type near, %function
near:
    ret
    .section .text.literal, "ax", %progbits
    .balign 8
    .globl literal
    .hidden literal
literal:
    .xword 0x1122334455667788
    .data
    .balign 16
    .globl words
    .hidden words
words:
    .fill 64
    .globl bytes
    .hidden bytes
bytes:
    .byte 1, 2, 3, 4
    .balign 8
    .globl table
    .hidden table
table:
    .xword bytes + 2
    .xword near
    .xword start - .
    .word near - .
    .word 0
