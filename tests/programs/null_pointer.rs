//! A null pointer: SIGSEGV, as nothing handles it.
fn main() {
    println!("before");
    let nowhere = std::hint::black_box(std::ptr::null_mut::<u32>());
    #[allow(deref_nullptr)]
    unsafe {
        std::arch::asm!("mov dword ptr [{}], 1", in(reg) nowhere)
    };
    println!("never");
}
