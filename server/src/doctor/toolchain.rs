//! The compiler and what it needs.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{Finding, linker, wrappers};
use crate::build::backend::{CRANELIFT_MEND, backend_available};
use crate::config::{Backend, Config};
use crate::os;

/// Of the toolchain that is chosen in this folder.
pub(super) async fn examine(root: &Path, config: Option<&Config>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let version = ask(root, &["--version", "--verbose"]).await;
    findings.push(rustc(version.as_deref()));
    if let Some(sysroot) = ask(root, &["--print", "sysroot"]).await {
        let bin = PathBuf::from(sysroot.trim()).join("bin");
        let backend = config.map_or(Backend::Llvm, |config| config.build.backend);
        findings.push(code_generators(backend, backend_available(&bin.join("rustc"), Backend::Cranelift)));
        findings.push(rustfmt(os::is_program(&bin.join("rustfmt"))));
    }
    let host = version.as_deref().and_then(|version| line(version, "host:"));
    findings.extend(linker::examine(root, host).await);
    findings.extend(wrappers::examine(root));
    findings
}

/// What `rustc --version --verbose` says of something.
fn line<'v>(version: &'v str, name: &str) -> Option<&'v str> {
    version.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

async fn ask(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("rustc").args(arguments).current_dir(root).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn rustc(version: Option<&str>) -> Finding {
    let Some(version) = version else {
        return Finding::trouble(
            "rustc",
            "it does not start",
            "install Rust from https://rustup.rs, or put rustc on the PATH of the editor's process",
        );
    };
    let release = line(version, "release:").unwrap_or_default();
    let found = format!("{release}, {}", line(version, "host:").unwrap_or_default());
    let least = env!("CARGO_PKG_RUST_VERSION");
    match numbers(release) < numbers(least) {
        true => Finding::trouble("rustc", found, format!("the engine crate needs {least}: `rustup update`")),
        false => Finding::good("rustc", found),
    }
}

/// `1.95.0-nightly` as `[1, 95, 0]`.
fn numbers(version: &str) -> Vec<u32> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

fn code_generators(chosen: Backend, has_cranelift: bool) -> Finding {
    let what = "code generators";
    match (chosen, has_cranelift) {
        (Backend::Cranelift, true) => {
            Finding::good(what, "LLVM and Cranelift; liveline.toml asks for Cranelift")
        }
        (Backend::Llvm, true) => Finding::good(
            what,
            "LLVM, which is used, and Cranelift (`backend = \"cranelift\"` in liveline.toml)",
        ),
        (Backend::Llvm, false) => Finding::good(what, "LLVM; Cranelift is not installed, and not asked for"),
        (Backend::Cranelift, false) => Finding::trouble(
            what,
            "LLVM alone, and liveline.toml asks for Cranelift, which only nightly toolchains have",
            CRANELIFT_MEND,
        ),
    }
}

fn rustfmt(is_there: bool) -> Finding {
    match is_there {
        true => Finding::good("rustfmt", "formatted text is built ahead of the save too"),
        false => Finding::note(
            "rustfmt",
            "it is missing: text that is formatted at the save is built after it",
            "`rustup component add rustfmt`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn an_old_compiler_and_a_missing_one_are_trouble() {
        let of = |release: &str| {
            rustc(Some(&format!("rustc x\nhost: x86_64-unknown-linux-gnu\nrelease: {release}\n")))
        };
        assert_eq!(of("1.20.0").health, Health::Trouble);
        assert_eq!(of("9.0.0-nightly").health, Health::Good);
        assert_eq!(rustc(None).health, Health::Trouble);
    }

    #[test]
    fn cranelift_is_missed_only_where_it_is_asked_for() {
        assert_eq!(code_generators(Backend::Llvm, false).health, Health::Good);
        let missing = code_generators(Backend::Cranelift, false);
        assert_eq!(missing.health, Health::Trouble);
        assert!(missing.mend.is_some_and(|mend| mend.contains("rustup component add")));
    }
}
