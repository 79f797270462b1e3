//! What this process runs in: a container, the Windows subsystem, an editor in a sandbox.

use std::path::Path;

use super::Finding;

/// What is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Facts {
    /// The container's kind.
    container: Option<String>,
    /// The Windows subsystem's version.
    wsl: Option<u8>,
    /// Whether the workspace lies on Windows' own disk.
    on_windows_disk: bool,
    /// The sandbox's kind, and the program that is in it.
    sandbox: Option<(&'static str, String)>,
}

/// Of this process, for a workspace.
pub(super) fn examine(root: &Path) -> Vec<Finding> {
    judge(&gather(root))
}

fn gather(root: &Path) -> Facts {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let marks = [("/.dockerenv", "docker"), ("/run/.containerenv", "podman")];
    let mark = marks.iter().find(|(path, _)| Path::new(path).exists()).map(|(_, kind)| (*kind).to_owned());
    let wsl = wsl(&read("/proc/sys/kernel/osrelease"));
    let flatpak = variable("FLATPAK_ID").or_else(|| {
        let text = read("/.flatpak-info");
        text.lines().find_map(|line| Some(line.strip_prefix("name=")?.to_owned()))
    });
    Facts {
        container: variable("container").filter(|kind| kind != "flatpak").or(mark),
        wsl,
        on_windows_disk: wsl.is_some() && crate::os::network_file_system(root) == Some("9P"),
        sandbox: flatpak.map(|name| ("flatpak", name)).or_else(|| {
            // A snap without confinement sees what everybody sees.
            let name = variable("SNAP_NAME").filter(|_| confines(&read("/proc/self/attr/current")))?;
            Some(("snap", name))
        }),
    }
}

/// `5.15.90.1-microsoft-standard-WSL2` is version 2, `4.4.0-19041-Microsoft` version 1.
fn wsl(kernel: &str) -> Option<u8> {
    let kernel = kernel.to_lowercase();
    kernel.contains("microsoft").then(|| if kernel.contains("wsl2") { 2 } else { 1 })
}

/// `snap.code.code (enforce)` is confined, `snap.code.code (complain)` is not.
fn confines(profile: &str) -> bool {
    profile.starts_with("snap.") && profile.contains("(enforce)")
}

fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(kind) = &facts.container {
        findings.push(Finding::note(
            "container",
            format!("this is one ({kind}): a game outside of it does not reach a server inside, nor the other way round"),
            "run the game and Liveline (an editor's server, too) on the same side; a debugger needs \
             `--cap-add SYS_PTRACE`",
        ));
    }
    match facts.wsl {
        Some(1) => findings.push(Finding::trouble(
            "Windows",
            "this is version 1 of its Linux subsystem, which has no memory files that code can be loaded from",
            "`wsl --set-version DISTRIBUTION 2` in Windows, or `loader = \"dylib\"` under [engine] in liveline.toml",
        )),
        Some(_) if facts.on_windows_disk => findings.push(Finding::trouble(
            "Windows",
            "the workspace lies on Windows' own disk, which tells of no saves and is slow to build on",
            "move it into the Linux file system, below your home folder",
        )),
        Some(_) => findings.push(Finding::note(
            "Windows",
            "this is its Linux subsystem: a game that was built for Windows does not reach this server",
            "run the editor's server and the game in here (in VS Code: the extension WSL)",
        )),
        None => {}
    }
    if let Some((kind, name)) = &facts.sandbox {
        findings.push(Finding::trouble(
            "sandbox",
            format!(
                "this runs in the {kind} {name}, which has its own /tmp, and may see neither your toolchain nor other \
                 processes: a game from another terminal does not find the server"
            ),
            match *kind {
                "snap" => format!("install the editor without confinement: `snap install --classic {name}`"),
                _ => "take the editor from your system's packages or from its maker, or start the game from the \
                      editor's own terminal"
                    .to_owned(),
            },
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    fn only(facts: &Facts) -> Finding {
        let findings = judge(facts);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        findings[0].clone()
    }

    #[test]
    fn nothing_is_said_where_nothing_is_around() {
        assert_eq!(judge(&Facts::default()), []);
    }

    #[test]
    fn what_is_around_is_named_with_what_to_do() {
        let container = only(&Facts { container: Some("podman".into()), ..Facts::default() });
        assert!(container.health == Health::Note && container.found.contains("podman"));
        assert_eq!(only(&Facts { wsl: Some(1), ..Facts::default() }).health, Health::Trouble);
        assert_eq!(only(&Facts { wsl: Some(2), ..Facts::default() }).health, Health::Note);
        let disk = only(&Facts { wsl: Some(2), on_windows_disk: true, ..Facts::default() });
        assert!(disk.health == Health::Trouble && disk.mend.unwrap().contains("home"));
        let snap = only(&Facts { sandbox: Some(("snap", "code".into())), ..Facts::default() });
        assert!(snap.mend.unwrap().contains("--classic code"));
        let flatpak = only(&Facts { sandbox: Some(("flatpak", "com.x".into())), ..Facts::default() });
        assert!(flatpak.found.contains("com.x") && flatpak.health == Health::Trouble);
    }

    #[test]
    fn kernels_and_profiles_are_known_by_their_names() {
        assert_eq!(wsl("5.15.90.1-microsoft-standard-WSL2"), Some(2));
        assert_eq!(wsl("4.4.0-19041-Microsoft"), Some(1));
        assert_eq!(wsl("6.8.0-41-generic"), None);
        assert!(confines("snap.code.code (enforce)") && !confines("snap.code.code (complain)"));
        assert!(!confines("unconfined"));
    }
}
