//! The code generator that the configuration asks for, if the toolchain has it.

use std::path::Path;

use crate::config::{self, Backend};
use crate::diagnostics::Position;
use crate::project::{Broken, Project};

/// What to do about a missing Cranelift.
pub const CRANELIFT_MEND: &str = "install it with `rustup component add rustc-codegen-cranelift-preview --toolchain \
    nightly` and choose the toolchain in rust-toolchain.toml, or leave out `backend` for LLVM";

/// Whether the toolchain of this rustc (`<toolchain>/bin/rustc`) has a code generator.
pub fn backend_available(rustc: &Path, backend: Backend) -> bool {
    let Some(toolchain) = rustc.parent().and_then(Path::parent) else { return backend == Backend::Llvm };
    let below = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path());
    let is_cranelift = |path: &Path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().contains("rustc_codegen_cranelift"))
    };
    match backend {
        Backend::Llvm => true,
        Backend::Cranelift => below(&toolchain.join("lib/rustlib"))
            .flat_map(|target| below(&target.join("codegen-backends")).collect::<Vec<_>>())
            .any(|path| is_cranelift(&path)),
    }
}

/// The arguments that choose the code generator.
pub(super) fn arguments(project: &Project, rustc: &Path) -> Result<Vec<String>, Broken> {
    match project.config.build.backend {
        Backend::Llvm => Ok(Vec::new()),
        Backend::Cranelift if backend_available(rustc, Backend::Cranelift) => {
            Ok(vec!["-Zcodegen-backend=cranelift".to_owned()])
        }
        Backend::Cranelift => Err(missing(project, rustc)),
    }
}

fn missing(project: &Project, rustc: &Path) -> Broken {
    let path = project.root.join(config::FILE);
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let (line, column) = config::locate(&text, "cranelift");
    let message = format!(
        "the toolchain of {} has no Cranelift code generator, which only nightly toolchains have: {CRANELIFT_MEND}",
        rustc.display()
    );
    Broken { message, path, at: Position { line, column } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_toolchain_is_looked_through() {
        let toolchain = tempfile::tempdir().unwrap();
        let rustc = toolchain.path().join("bin/rustc");
        assert!(backend_available(&rustc, Backend::Llvm));
        assert!(!backend_available(&rustc, Backend::Cranelift));
        let folder = toolchain.path().join("lib/rustlib/x86_64-unknown-linux-gnu/codegen-backends");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("librustc_codegen_cranelift-1.97.0-nightly.so"), "").unwrap();
        assert!(backend_available(&rustc, Backend::Cranelift));
    }
}
