//! The system that Liveline runs on.

use std::path::Path;

use super::Finding;
use crate::os;

/// Of the machine, and the file systems that hold a workspace and what is built of it.
pub(super) fn examine(root: &Path, target: Option<&Path>) -> Vec<Finding> {
    let mut findings = loaders();
    // Where nothing was built yet, what is above will hold it.
    let built = target.and_then(|target| target.ancestors().find(|folder| folder.exists()));
    let cache = os::cache_directory();
    let folders = [
        ("the workspace", Some(root)),
        ("what is built", built.filter(|built| !built.starts_with(root))),
        ("the cache folder", cache.as_deref().filter(|cache| cache.exists())),
    ];
    for (what, folder) in folders {
        let Some(folder) = folder else { continue };
        findings.extend(os::network_file_system(folder).map(|kind| network(what, folder, kind)));
    }
    findings.extend(built.filter(|built| os::forbids_programs(built)).map(no_programs));
    if cache.is_none() {
        findings.push(Finding::note(
            "cache folder",
            "neither XDG_CACHE_HOME nor HOME is set: what Liveline keeps lies in target/liveline",
            "set HOME",
        ));
    }
    findings
}

fn network(what: &str, folder: &Path, kind: &str) -> Finding {
    let folder = folder.display();
    match what {
        "the workspace" => Finding::note(
            "file system",
            format!("{folder} lies on {kind}, which does not tell of files that another machine writes"),
            "save from an editor with Liveline's language server, which tells of its saves itself",
        ),
        _ => Finding::note(
            "file system",
            format!("{folder} lies on {kind}: {what} is read and written there at every save, which is slow"),
            "set CARGO_TARGET_DIR (for the cache folder XDG_CACHE_HOME) to a folder on a disk of this machine",
        ),
    }
}

fn no_programs(folder: &Path) -> Finding {
    Finding::trouble(
        "file system",
        format!("{} lies where no program may be started (mounted with `noexec`)", folder.display()),
        "set CARGO_TARGET_DIR to a folder elsewhere",
    )
}

fn loaders() -> Vec<Finding> {
    let sealed = std::fs::read_to_string("/proc/sys/vm/memfd_noexec").unwrap_or_default();
    judge_loaders(cfg!(all(target_os = "linux", target_arch = "x86_64")), sealed.trim() == "2")
}

/// `sealed`: the kernel lets no code be loaded from a file in memory.
fn judge_loaders(has_objects: bool, sealed: bool) -> Vec<Finding> {
    let what = "loaders";
    vec![match (has_objects, sealed) {
        (true, false) => Finding::good(what, "object files, without a linker, and shared libraries"),
        (true, true) => Finding::trouble(
            what,
            "the kernel lets no code be loaded from memory (`vm.memfd_noexec` is 2)",
            "`loader = \"dylib\"` under [engine] in liveline.toml, or `sudo sysctl vm.memfd_noexec=0`",
        ),
        (false, _) => Finding::note(
            what,
            "shared libraries: object files are loaded on x86-64 Linux only",
            "none needed: a save takes a linker's time more",
        ),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn what_the_kernel_forbids_is_told_with_the_other_loader() {
        assert_eq!(judge_loaders(true, false)[0].health, Health::Good);
        let sealed = judge_loaders(true, true).remove(0);
        assert!(sealed.health == Health::Trouble && sealed.mend.unwrap().contains("dylib"));
        assert_eq!(judge_loaders(false, false)[0].health, Health::Note);
    }

    #[test]
    fn file_systems_have_their_mends() {
        let root = network("the workspace", Path::new("/w"), "NFS");
        assert!(root.found.contains("/w lies on NFS") && root.mend.unwrap().contains("language server"));
        let target = network("what is built", Path::new("/t"), "SMB");
        assert!(target.mend.unwrap().contains("CARGO_TARGET_DIR"));
        assert_eq!(no_programs(Path::new("/t")).health, Health::Trouble);
    }
}
