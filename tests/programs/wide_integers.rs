//! 128-bit arithmetic, whose helpers are the compiler's own library.
use std::hint::black_box;
fn main() {
    let a = black_box(0x0123_4567_89ab_cdef_0fed_cba9_8765_4321u128);
    let b = black_box(0xfeed_beef_1234_5678u128);
    println!("{} {} {} {}", a / b, a % b, a.wrapping_mul(b), a.wrapping_mul(a));
    let (c, d) = (black_box(-170141183460469231731687303715884105727i128), black_box(12345678901234567890i128));
    println!("{} {} {} {:?}", c / d, c % d, c >> 77, c.checked_mul(d));
    println!("{} {} {}", a as f64, b as f32, (1e30f64 + black_box(0.0)) as u128);
    println!("{} {}", c as f64, black_box(-1e20f32) as i128);
    println!("{:?} {:?}", black_box(u128::MAX).overflowing_add(2), a.leading_zeros());
    println!("{} {}", a.pow(1), black_box(3u128).pow(80));
    println!("{:x} {:x}", a.rotate_left(black_box(67)), a.swap_bytes());
    println!("{:?}", "340282366920938463463374607431768211455".parse::<u128>());
}
