//! Inline assembly, assembly in functions of its own, and symbols across both.
#[cfg(target_arch = "x86_64")]
mod machine {
    use std::arch::{asm, global_asm, naked_asm};
    global_asm!(
        ".pushsection .text.triple, \"ax\", @progbits",
        ".globl liveline_test_triple",
        ".type liveline_test_triple, @function",
        "liveline_test_triple: lea eax, [rdi + rdi * 2]",
        "add eax, dword ptr [rip + liveline_test_offset]",
        "ret",
        ".size liveline_test_triple, . - liveline_test_triple",
        ".popsection",
        ".pushsection .data.offset, \"aw\", @progbits",
        "liveline_test_offset: .long 100",
        ".popsection",
    );
    unsafe extern "C" {
        fn liveline_test_triple(n: i32) -> i32;
    }
    pub static VALUE: u64 = 4242;
    #[unsafe(naked)]
    extern "C" fn sum(a: u64, b: u64) -> u64 {
        naked_asm!("lea rax, [rdi + rsi]", "ret")
    }
    pub fn run() {
        let mut product: u64 = 6;
        unsafe {
            asm!("imul {0}, {1}", inout(reg) product, in(reg) 7u64);
            println!("{product} {}", liveline_test_triple(5));
            let value: u64;
            asm!("mov {0}, qword ptr [rip + {1}]", out(reg) value, sym VALUE);
            println!("{value}");
            let (mut high, low): (u64, u64);
            asm!("mul {0}", in(reg) u64::MAX, inout("rax") 3u64 => low, out("rdx") high);
            high += 1;
            println!("{high} {low}");
        }
        println!("{}", sum(40, 2));
    }
}
#[cfg(not(target_arch = "x86_64"))]
mod machine {
    pub fn run() {}
}
fn main() {
    machine::run();
}
