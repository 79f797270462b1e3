//! The system that Liveline runs on.

use std::path::Path;

use super::Finding;
use crate::os;

/// Fewer watches than this are used up by one large workspace and an editor.
const FEW_WATCHES: u64 = 65_536;
/// Fewer instances than this are used up by a desktop and some editors.
const FEW_INSTANCES: u64 = 128;

/// Of the machine, and the file system that holds `root`.
pub(super) fn examine(root: &Path) -> Vec<Finding> {
    let mut findings = vec![loaders()];
    let limit = |name: &str| {
        let text = std::fs::read_to_string(format!("/proc/sys/fs/inotify/{name}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    findings.extend(
        limit("max_user_watches")
            .zip(limit("max_user_instances"))
            .map(|(watches, instances)| inotify(watches, instances)),
    );
    findings.extend(os::network_file_system(root).map(|name| {
        Finding::note(
            "file system",
            format!(
                "{} lies on {name}, which does not tell of files that another machine writes",
                root.display()
            ),
            "save from an editor with Liveline's language server, which tells of its saves itself",
        )
    }));
    if os::cache_directory().is_none() {
        findings.push(Finding::note(
            "cache folder",
            "neither XDG_CACHE_HOME nor HOME is set: what Liveline keeps lies in target/liveline",
            "set HOME",
        ));
    }
    findings
}

fn loaders() -> Finding {
    match cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        true => Finding::good("loaders", "object files, without a linker, and shared libraries"),
        false => Finding::note(
            "loaders",
            "shared libraries: object files are loaded on x86-64 Linux only",
            "none needed: a save takes a linker's time more",
        ),
    }
}

fn inotify(watches: u64, instances: u64) -> Finding {
    let found = format!("{watches} watches and {instances} instances for each user");
    if watches >= FEW_WATCHES && instances >= FEW_INSTANCES {
        return Finding::good("file watching", found);
    }
    let (watches, instances) = (watches.max(FEW_WATCHES * 8), instances.max(FEW_INSTANCES * 8));
    Finding::note(
        "file watching",
        format!("{found}: editors may use them up, and then saves from outside of the editor are not seen"),
        format!(
            "`sudo sysctl fs.inotify.max_user_watches={watches} fs.inotify.max_user_instances={instances}`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn low_limits_are_told_with_the_command_that_raises_them() {
        assert_eq!(inotify(524_288, 1024).health, Health::Good);
        let low = inotify(8192, 128);
        assert_eq!(low.health, Health::Note);
        assert!(low.mend.is_some_and(|mend| mend.contains("max_user_watches=524288")));
    }
}
