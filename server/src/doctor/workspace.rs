//! The game's workspace.

use std::path::PathBuf;

use super::{Finding, endpoint, watching};
use crate::project::{Broken, Project};

/// Of a workspace as it was read.
pub(super) async fn examine(project: &Result<Project, Broken>) -> Vec<Finding> {
    let project = match project {
        Ok(project) => project,
        Err(Broken { message, path, at }) => {
            let place = format!("{}:{}:{}", path.display(), at.line, at.column);
            return vec![Finding::trouble("workspace", message.clone(), format!("see {place}"))];
        }
    };
    let mut findings = vec![libraries(project)];
    findings.extend(project.with_package.iter().map(|file| {
        Finding::note(
            "script file",
            format!("{} is built with its package `{}`: {}", file.path.display(), file.owner, file.reason),
            "none needed: its saves take the package's time; what it shares with others can move to the API crate",
        )
    }));
    let is_plain = !project.libraries.is_empty() && project.libraries.iter().all(|one| one.api.is_none());
    match project.engines.is_empty() {
        true if is_plain => findings.push(Finding::good(
            "engine",
            "one in C or C++, since no program of the workspace loads the scripts",
        )),
        true => findings.push(Finding::trouble(
            "engine",
            "no program of the workspace depends on `liveline`: nothing would load what is built",
            "add the crate to the game: `cargo add liveline`, or let `liveline init` say what is missing",
        )),
        false => {}
    }
    let folders = outermost(project.packages.iter().map(|package| package.folder.clone()).collect());
    findings.extend(watching::examine(&folders));
    findings.extend(endpoint::examine(&project.home().folder).await);
    findings
}

fn libraries(project: &Project) -> Finding {
    let names: Vec<&str> = project.libraries.iter().map(|library| library.name.as_str()).collect();
    match names.as_slice() {
        [] => Finding::trouble(
            "workspace",
            format!("{} has no script library", project.root.display()),
            "give the package of the scripts `crate-type = [\"lib\", \"cdylib\"]`, or name script files in liveline.toml",
        ),
        [one] => Finding::good("workspace", format!("{} with the library {one}", project.root.display())),
        all => Finding::good("workspace", format!("{} with {} libraries", project.root.display(), all.len())),
    }
}

/// Without those that lie in others.
fn outermost(mut folders: Vec<PathBuf>) -> Vec<PathBuf> {
    folders.sort();
    folders.dedup_by(|later, earlier| later.starts_with(earlier));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_in_others_are_not_counted_twice() {
        let folders = ["/w/a", "/w", "/v/b", "/w/a/c"].map(PathBuf::from).to_vec();
        assert_eq!(outermost(folders), [PathBuf::from("/v/b"), PathBuf::from("/w")]);
    }
}
