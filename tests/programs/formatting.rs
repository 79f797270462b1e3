//! Formatting of everything in every way.
use std::fmt;
#[derive(Debug, Clone, Default)]
#[allow(dead_code)]
struct Inner<'a> {
    name: &'a str,
    list: Vec<Option<u8>>,
    pair: (f32, char),
}
#[derive(Debug)]
#[allow(dead_code)]
enum Kind {
    Unit,
    Tuple(i8, String),
    Struct { a: bool },
}
struct Hex(u32);
impl fmt::LowerHex for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}
impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad_integral(true, "0x", &format!("{:x}", self.0))
    }
}
fn main() {
    let inner = Inner { name: "it\"s\n", list: vec![Some(1), None], pair: (1.0, '\u{1f600}') };
    println!("{inner:?}\n{inner:#?}");
    println!("{:?} {:?} {:#?}", Kind::Unit, Kind::Tuple(-1, "x".into()), Kind::Struct { a: true });
    println!("[{:>8}] [{:<8}] [{:^8}] [{:*^9}] [{:+}]", "r", "l", "m", "star", 5);
    println!("{:#x} {:#010b} {:o} {:X} {:e}", 255, 5, 64, 48879, 1234.5);
    let (width, precision) = (10, 3);
    println!("[{:width$.precision$}] [{:.*}] [{:>1$}]", 3.14159265, 2, 2.71828, 6);
    println!("{:x} {} [{:>+8}] [{:08}]", Hex(48879), Hex(16), Hex(7), Hex(255));
    println!("{0} {1} {0} {name}", "a", "b", name = "n");
    println!("{:?} {:?} {:p}", "tab\t\u{7f}é\u{200b}", 'ß', std::ptr::null::<u8>());
    println!("{:5}|{:<5}|{:^5}|{:05}|{:?}", 1.5f32, true, 'c', -42, 1e-7);
    println!("{}", format_args!("{}{}", 1, format_args!("{:>3}", 2)));
    println!("{:?}", i8::MIN..=i8::MAX);
    eprintln!("{:?}", std::num::NonZero::new(5u8));
}
