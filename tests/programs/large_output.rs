//! More output than any buffer holds, through several ways.
use std::io::{self, BufWriter, Write};
fn main() {
    for n in 0..20_000 {
        println!("{n} {}", n * 7);
    }
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    for n in 0..50_000u32 {
        writeln!(out, "{n:08x}").unwrap();
    }
    out.write_all(&vec![b'x'; 1 << 20]).unwrap();
    drop(out);
    print!("without an end of line");
    eprint!("{}", "e".repeat(5000));
}
