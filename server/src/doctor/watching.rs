//! Whether saves are seen: the kernel's limits for watching files, against what the workspace needs.

use std::fs;
use std::path::{Path, PathBuf};

use super::Finding;
use crate::watch;

const WHAT: &str = "file watching";
/// Fewer watches than this are used up by one large workspace and an editor.
const FEW_WATCHES: u64 = 65_536;
/// Fewer instances than this are used up by a desktop and some editors.
const FEW_INSTANCES: u64 = 128;

/// Numbers of inotify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Facts {
    /// For each user.
    watches: u64,
    instances: u64,
    /// By this user's processes.
    watches_used: u64,
    instances_used: u64,
    /// By a server of this workspace: one for each folder.
    watches_needed: u64,
}

/// Of a workspace with these folders of sources. Nothing is known where there is no inotify.
pub(super) fn examine(folders: &[PathBuf]) -> Option<Finding> {
    let limit = |name: &str| {
        let text = fs::read_to_string(format!("/proc/sys/fs/inotify/{name}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    let (watches_used, instances_used) = used();
    let facts = Facts {
        watches: limit("max_user_watches")?,
        instances: limit("max_user_instances")?,
        watches_used,
        instances_used,
        watches_needed: folders.iter().map(|folder| count(folder)).sum(),
    };
    Some(judge(facts))
}

/// A folder and those below it that a server watches.
fn count(folder: &Path) -> u64 {
    let mut waiting = vec![folder.to_owned()];
    let mut folders = 0;
    while let Some(folder) = waiting.pop() {
        folders += 1;
        waiting.extend(watch::subfolders(&folder));
    }
    folders
}

/// Watches and instances of the processes that this user may look into.
fn used() -> (u64, u64) {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let (mut watches, mut instances) = (0, 0);
    for process in processes.map(|entry| entry.path()) {
        for descriptor in fs::read_dir(process.join("fd")).into_iter().flatten().flatten() {
            let is_inotify = fs::read_link(descriptor.path())
                .is_ok_and(|target| target.as_os_str().as_encoded_bytes().ends_with(b"inotify"));
            if is_inotify {
                let about = process.join("fdinfo").join(descriptor.file_name());
                let text = fs::read_to_string(about).unwrap_or_default();
                instances += 1;
                watches += text.lines().filter(|line| line.starts_with("inotify ")).count() as u64;
            }
        }
    }
    (watches, instances)
}

fn judge(facts: Facts) -> Finding {
    let Facts { watches, instances, watches_used, instances_used, watches_needed } = facts;
    let raise = format!(
        "`sudo sysctl fs.inotify.max_user_watches={} fs.inotify.max_user_instances={}`, and the same in \
         /etc/sysctl.d to keep it",
        watches.max(FEW_WATCHES * 8).max((watches_used + watches_needed) * 2),
        instances.max(FEW_INSTANCES * 8)
    );
    if watches_used + watches_needed > watches {
        return Finding::trouble(
            WHAT,
            format!(
                "this workspace has {watches_needed} folders to watch, and {watches_used} of {watches} watches are \
                 taken: saves from outside of an editor would not be seen"
            ),
            raise,
        );
    }
    if instances_used >= instances {
        return Finding::trouble(
            WHAT,
            format!("all {instances} instances are taken: saves from outside of an editor would not be seen"),
            raise,
        );
    }
    let found = format!(
        "{watches} watches and {instances} instances for each user, {watches_used} and {instances_used} taken; \
         {watches_needed} needed here"
    );
    match watches >= FEW_WATCHES && instances >= FEW_INSTANCES {
        true => Finding::good(WHAT, found),
        false => Finding::note(WHAT, format!("{found}: editors may use them up"), raise),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    const WELL: Facts = Facts {
        watches: 524_288,
        instances: 1024,
        watches_used: 9000,
        instances_used: 20,
        watches_needed: 40,
    };

    #[test]
    fn limits_are_held_against_what_is_needed() {
        assert_eq!(judge(WELL).health, Health::Good);
        let low = judge(Facts { watches: 16_384, ..WELL });
        assert_eq!(low.health, Health::Note);
        assert!(low.mend.is_some_and(|mend| mend.contains("max_user_watches=524288")));
        let full = judge(Facts { watches: 9030, ..WELL });
        assert_eq!(full.health, Health::Trouble);
        assert!(full.found.contains("40 folders"), "{full:?}");
        let large = judge(Facts { watches_needed: 600_000, ..WELL });
        assert!(large.mend.is_some_and(|mend| mend.contains("max_user_watches=1218000")));
        assert_eq!(judge(Facts { instances_used: 1024, ..WELL }).health, Health::Trouble);
    }

    #[test]
    fn folders_are_counted_as_a_server_watches_them() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["src/deep", "target/debug", ".git/objects"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        assert_eq!(count(root.path()), 3);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_watch_of_this_process_is_counted() {
        let mut watch = watch::Watch::start(|_| ()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        watch.add_tree(folder.path()).unwrap();
        let (watches, instances) = used();
        assert!(watches >= 1 && instances >= 1, "{watches} watches, {instances} instances");
    }
}
