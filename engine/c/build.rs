//! Names the shared library for the system's loader, which otherwise looks for it by the path that it was linked by.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libliveline.so");
}
