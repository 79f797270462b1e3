//! Hands the compiler's version and the target to the crate: both say what can be loaded into its process.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=RUSTC");
    println!("cargo:rustc-env=LIVELINE_RUSTC={}", rustc_version());
    println!("cargo:rustc-env=LIVELINE_TARGET={}", env::var("TARGET").unwrap_or_default());
}

/// `rustc -V`, or nothing where it cannot be asked: then versions are not compared.
fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-V").output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
