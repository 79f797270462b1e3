//! Which of several toolchains compiles: scripts load only into a game that the same compiler built.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::Finding;
use crate::os;

const WHAT: &str = "toolchains";

/// What there is.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// `rustc -V`.
    rustc: String,
    /// `cargo -V`.
    cargo: String,
    /// `RUSTUP_TOOLCHAIN`, and `RUSTC`.
    variable: Option<String>,
    /// What the workspace asks for: the file, and its channel.
    asked: Option<(PathBuf, String)>,
    /// rustup's word: the toolchain, and in brackets why.
    active: Option<String>,
    /// Every `rustc` of the search path, the first one first.
    on_path: Vec<PathBuf>,
    /// What built the game last, by cargo's own note: `rustc -V`.
    built_with: Option<String>,
}

/// Of the toolchains that may compile in a folder.
pub(super) async fn examine(root: &Path, target: Option<&Path>) -> Vec<Finding> {
    judge(&gather(root, target).await)
}

async fn gather(root: &Path, target: Option<&Path>) -> Facts {
    let say = |program: &'static str, words: &'static [&'static str]| async move {
        let output = Command::new(program).args(words).current_dir(root).output().await.ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let real = |path: PathBuf| std::fs::canonicalize(&path).unwrap_or(path);
    let mut on_path: Vec<PathBuf> = Vec::new();
    for path in os::all_on_path("rustc") {
        // rustup's programs are one and the same by other names.
        if on_path.iter().all(|known| real(known.clone()) != real(path.clone())) {
            on_path.push(path);
        }
    }
    Facts {
        rustc: say("rustc", &["-V"]).await.unwrap_or_default(),
        cargo: say("cargo", &["-V"]).await.unwrap_or_default(),
        variable: std::env::var("RUSTUP_TOOLCHAIN").ok().filter(|value| !value.is_empty()),
        asked: root.ancestors().find_map(asked_in),
        active: say("rustup", &["show", "active-toolchain"]).await,
        on_path,
        built_with: target.and_then(built_with),
    }
}

/// What a folder's toolchain file asks for.
fn asked_in(folder: &Path) -> Option<(PathBuf, String)> {
    // Where both are, rustup takes the one without an ending.
    ["rust-toolchain", "rust-toolchain.toml"].iter().find_map(|name| {
        let path = folder.join(name);
        let text = std::fs::read_to_string(&path).ok()?;
        Some((path, channel(&text)?))
    })
}

fn channel(text: &str) -> Option<String> {
    let table = text.parse::<toml::Table>().ok();
    let named = table.as_ref().and_then(|table| table.get("toolchain")?.get("channel")?.as_str());
    // The old form is the bare name.
    let bare = || text.lines().next().map(str::trim).filter(|line| !line.is_empty() && !line.contains('['));
    named.or_else(|| if table.is_some() { None } else { bare() }).map(str::to_owned)
}

/// cargo keeps what it asked of rustc beside what it built.
fn built_with(target: &Path) -> Option<String> {
    let text = std::fs::read_to_string(target.join(".rustc_info.json")).ok()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    let outputs = value.get("outputs")?.as_object()?;
    let mut said = outputs.values().filter_map(|output| output.get("stdout")?.as_str()?.lines().next());
    said.find(|line| line.starts_with("rustc ")).map(str::to_owned)
}

/// `rustc 1.95.0 (…)` as `1.95.0`.
fn release(version: &str) -> &str {
    version.split_whitespace().nth(1).unwrap_or(version)
}

fn judge(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let (Some(variable), Some((file, channel))) = (&facts.variable, &facts.asked)
        && !is_of(variable, channel)
    {
        findings.push(Finding::trouble(
            WHAT,
            format!(
                "RUSTUP_TOOLCHAIN is `{variable}` and goes before {}, which asks for `{channel}`: a game that is built \
                 without the variable refuses the scripts of this compiler",
                file.display()
            ),
            "`unset RUSTUP_TOOLCHAIN`, also where your editor is started",
        ));
    } else if let (Some(active), Some((file, channel))) = (&facts.active, &facts.asked)
        && facts.variable.is_none()
        && !is_of(active, channel)
    {
        findings.push(Finding::note(
            WHAT,
            format!("{active} is used, though {} asks for `{channel}`", file.display()),
            "`rustup override unset` in that folder",
        ));
    }
    if !facts.cargo.is_empty() && !facts.rustc.is_empty() && minor(&facts.cargo) != minor(&facts.rustc) {
        findings.push(Finding::note(
            WHAT,
            format!(
                "cargo is {} and rustc {}: of two toolchains",
                release(&facts.cargo),
                release(&facts.rustc)
            ),
            "put one toolchain's folder first in PATH; with rustup that is ~/.cargo/bin",
        ));
    }
    if let [first, others @ ..] = facts.on_path.as_slice()
        && !others.is_empty()
    {
        let others: Vec<String> = others.iter().map(|path| path.display().to_string()).collect();
        findings.push(Finding::note(
            WHAT,
            format!("{} is used, and there is {} too", first.display(), others.join(" and ")),
            "see that your editor is started with the same PATH as your terminal, or remove the one that you do not use",
        ));
    }
    if let Some(built) =
        facts.built_with.as_ref().filter(|built| !facts.rustc.is_empty() && **built != facts.rustc)
    {
        findings.push(Finding::note(
            WHAT,
            format!(
                "the game was built with {built}, and here is {}: it would refuse the scripts",
                facts.rustc
            ),
            "build the game again here (`cargo build`), or start Liveline with the game's toolchain",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::good(WHAT, facts.active.clone().unwrap_or_else(|| facts.rustc.clone())));
    }
    findings
}

/// Whether a toolchain's name (`1.95.0-x86_64-unknown-linux-gnu (default)`) is of a channel (`1.95`).
fn is_of(toolchain: &str, channel: &str) -> bool {
    let rest = toolchain.strip_prefix(channel);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', ' ']))
}

fn minor(version: &str) -> Vec<&str> {
    release(version).split(['.', '-']).take(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    fn one() -> Facts {
        Facts {
            rustc: "rustc 1.95.0 (abc 2026-01-01)".to_owned(),
            cargo: "cargo 1.95.0 (def 2026-01-01)".to_owned(),
            active: Some("stable-x86_64-unknown-linux-gnu (default)".to_owned()),
            on_path: vec!["/home/me/.cargo/bin/rustc".into()],
            built_with: Some("rustc 1.95.0 (abc 2026-01-01)".to_owned()),
            ..Facts::default()
        }
    }

    fn only(facts: &Facts) -> Finding {
        let findings = judge(facts);
        assert_eq!(findings.len(), 1, "{findings:#?}");
        findings[0].clone()
    }

    #[test]
    fn one_toolchain_is_well() {
        assert_eq!(only(&one()).health, Health::Good);
        let asked = Some(("/w/rust-toolchain.toml".into(), "stable".to_owned()));
        assert_eq!(only(&Facts { asked: asked.clone(), ..one() }).health, Health::Good);
        // cargo itself sets the variable for what it starts.
        let variable = Some("stable-x86_64-unknown-linux-gnu".to_owned());
        assert_eq!(only(&Facts { asked, variable, ..one() }).health, Health::Good);
        let nothing = Facts { rustc: "rustc 1.95.0".into(), ..Facts::default() };
        assert_eq!(only(&nothing).health, Health::Good);
    }

    #[test]
    fn a_variable_or_an_override_against_the_workspaces_file_is_told() {
        let asked = Some(("/w/rust-toolchain.toml".into(), "nightly-2026-01-01".to_owned()));
        let variable = Facts { asked: asked.clone(), variable: Some("stable".into()), ..one() };
        let finding = only(&variable);
        assert_eq!(finding.health, Health::Trouble);
        assert!(finding.mend.unwrap().contains("unset RUSTUP_TOOLCHAIN"));
        let finding = only(&Facts { asked, ..one() });
        assert!(finding.mend.unwrap().contains("override unset"));
    }

    #[test]
    fn other_compilers_are_told() {
        let cargo = only(&Facts { cargo: "cargo 1.70.0 (x)".into(), ..one() });
        assert!(cargo.found.contains("cargo is 1.70.0 and rustc 1.95.0"), "{cargo:?}");
        let two = vec!["/usr/bin/rustc".into(), "/home/me/.cargo/bin/rustc".into()];
        let path = only(&Facts { on_path: two, ..one() });
        assert!(path.found.starts_with("/usr/bin/rustc is used"), "{path:?}");
        let built = only(&Facts { built_with: Some("rustc 1.94.0 (x)".into()), ..one() });
        assert!(built.found.contains("would refuse"), "{built:?}");
    }

    #[test]
    fn files_are_read_in_both_forms() {
        assert_eq!(channel("[toolchain]\nchannel = \"1.95\"\n").as_deref(), Some("1.95"));
        assert_eq!(channel("nightly-2026-01-01\n").as_deref(), Some("nightly-2026-01-01"));
        assert_eq!(channel("[toolchain]\npath = \"/x\"\n"), None);
        assert_eq!(channel(""), None);
        assert!(is_of("1.95.0-x86_64 (default)", "1.95") && !is_of("1.95.0", "1.9"));
        let target = tempfile::tempdir().unwrap();
        let info = r#"{"outputs":{"1":{"stdout":"___\nlib___.rlib"},"2":{"stdout":"rustc 1.95.0 (a)\nbinary: rustc"}}}"#;
        std::fs::write(target.path().join(".rustc_info.json"), info).unwrap();
        assert_eq!(built_with(target.path()).as_deref(), Some("rustc 1.95.0 (a)"));
        assert_eq!(built_with(&target.path().join("none")), None);
    }
}
