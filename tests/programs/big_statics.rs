//! Large statics, with content and without, and large constants in code.
static ZEROES: [u8; 32 << 20] = [0; 32 << 20];
static mut CHANGED: [u64; 1 << 20] = [0; 1 << 20];
static TABLE: [u32; 1 << 16] = {
    let mut table = [0; 1 << 16];
    let mut n = 0;
    while n < table.len() {
        table[n] = (n as u32).wrapping_mul(2654435761);
        n += 1;
    }
    table
};
static mut FILLED: [u8; 1 << 20] = [0xa5; 1 << 20];
fn main() {
    println!("{}", ZEROES.iter().step_by(4096).map(|b| *b as u64).sum::<u64>());
    unsafe {
        for n in (0..1 << 20).step_by(777) {
            CHANGED[n] = n as u64;
        }
        println!("{}", (*&raw const CHANGED).iter().sum::<u64>());
        FILLED[5] = 0;
        println!("{}", (*&raw const FILLED).iter().map(|b| *b as u64).sum::<u64>());
    }
    println!("{}", TABLE.iter().fold(0u32, |sum, n| sum.rotate_left(1) ^ n));
}
