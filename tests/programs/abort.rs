//! SIGABRT, without flushing what stands in the buffers of other languages.
fn main() {
    print!("flushed by line\n");
    print!("not flushed");
    std::process::abort();
}
