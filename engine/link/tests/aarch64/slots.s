// Relocations through the slot table, and of thread-locals in each model that a shared library may use.
    .text
    .globl start
    .type start, %function
start:
    bl elsewhere
    adrp x0, :got:elsewhere
    ldr x0, [x0, :got_lo12:elsewhere]
    adrp x1, :got:variable
    ldr x1, [x1, :got_lo12:variable]
    ldr x2, :got:variable
    adrp x3, _GLOBAL_OFFSET_TABLE_
    ldr x3, [x3, #:gotpage_lo15:variable]
    adrp x0, :tlsdesc:local
    ldr x1, [x0, #:tlsdesc_lo12:local]
    add x0, x0, :tlsdesc_lo12:local
    .tlsdesccall local
    blr x1
    adrp x0, :tlsdesc:foreign
    ldr x1, [x0, #:tlsdesc_lo12:foreign]
    add x0, x0, :tlsdesc_lo12:foreign
    .tlsdesccall foreign
    blr x1
    adrp x0, :gottprel:initial
    ldr x0, [x0, #:gottprel_lo12:initial]
    ldr x1, :gottprel:initial
    adrp x0, :tlsgd:general
    add x0, x0, :tlsgd_lo12:general
    ret
    .section .tdata, "awT", %progbits
    .balign 8
    .globl padding
    .hidden padding
padding:
    .xword 1, 2
    .globl local
    .type local, %object
local:
    .xword 7
    .data
    .balign 8
    .globl table
    .hidden table
table:
    .xword elsewhere
