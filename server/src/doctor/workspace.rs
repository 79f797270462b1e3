//! The game's workspace.

use super::Finding;
use crate::link;
use crate::project::{Broken, Project};
use liveline_protocol::endpoint;

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
    if project.engines.is_empty() {
        findings.push(Finding::trouble(
            "engine",
            "no program of the workspace depends on `liveline`: nothing would load what is built",
            "add the crate to the game: `cargo add liveline`",
        ));
    }
    findings.push(server(project).await);
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

async fn server(project: &Project) -> Finding {
    let folder = project.home().folder;
    match link::reach(&folder).await {
        Some(_) => Finding::good("server", "one runs for this workspace; see `liveline status`"),
        None if folder.join(endpoint::FILE).exists() => Finding::note(
            "server",
            "none runs; one that was killed has left its endpoint",
            "none needed: the next server replaces it, and engines look for it until then",
        ),
        None => Finding::good("server", "none runs for this workspace"),
    }
}
