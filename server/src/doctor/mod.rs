//! What in this environment will not work, and the mend.

use std::path::Path;

use serde::Serialize;

use crate::project::Project;

mod crates;
mod endpoint;
mod linker;
mod machine;
mod surroundings;
mod toolchain;
mod toolchains;
mod watching;
mod workspace;
mod wrappers;

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Good,
    /// It works, and something about it is good to know.
    Note,
    /// It does not work.
    Trouble,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name, in a word or two.
    pub what: &'static str,
    /// How it stands.
    pub health: Health,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    fn good(what: &'static str, found: impl Into<String>) -> Self {
        Self { what, health: Health::Good, found: found.into(), mend: None }
    }

    fn note(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, health: Health::Note, found: found.into(), mend: Some(mend.into()) }
    }

    fn trouble(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what, health: Health::Trouble, found: found.into(), mend: Some(mend.into()) }
    }
}

/// Looks at the toolchain, this machine and the workspace around `root`. Starts cargo and rustc, and changes nothing.
pub async fn examine(root: &Path) -> Vec<Finding> {
    let folder = root.to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let project = Project::load(&folder);
        // What cargo cannot resolve was told with the project.
        let mut command = cargo_metadata::MetadataCommand::new();
        let metadata = command.cargo_path(crate::project::cargo()).current_dir(&folder).exec().ok();
        (project, metadata)
    });
    let (project, metadata) =
        looked.await.map_or((None, None), |(project, metadata)| (Some(project), metadata));
    let loaded = project.as_ref().and_then(|project| project.as_ref().ok());
    let target = loaded.map(|project| project.target.as_path());
    let mut findings = toolchain::examine(root, loaded.map(|project| &project.config)).await;
    findings.extend(toolchains::examine(root, target).await);
    findings.extend(machine::examine(root, target));
    findings.extend(surroundings::examine(root));
    if let Some(project) = &project {
        findings.extend(workspace::examine(project).await);
    }
    if let (Some(project), Some(metadata)) = (loaded, &metadata) {
        findings.extend(crates::examine(metadata, &project.config.engine.command, &project.engines));
    }
    findings
}
