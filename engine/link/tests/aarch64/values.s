// The absolute values of `parts.s`: in another object, or the assembler would fill them in itself.
    .globl fixed, large, huge, negative
    .set fixed, 0x1234
    .set large, 0x12345678
    .set huge, 0x123456789abcdef0
    .set negative, -2
