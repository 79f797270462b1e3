//! What a workspace holds, for `liveline init`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::{Metadata, Package, TargetKind};

use crate::project::Project;

/// A cargo workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its root, absolute.
    pub root: PathBuf,
    /// Where cargo builds.
    pub target: PathBuf,
    /// Its packages.
    pub members: Vec<Member>,
    /// Whether its root manifest has `[workspace]`: packages that others name by a path are members then.
    pub has_table: bool,
    /// The games whose scripts reload already.
    pub live: Vec<String>,
}

/// A package of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// The folder of its manifest, relative to the root.
    pub folder: PathBuf,
    /// Its programs: name, and source relative to the root.
    pub programs: Vec<(String, PathBuf)>,
}

impl Workspace {
    /// Asks cargo about the workspace around a folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let project = Project::load(folder).map_err(|broken| anyhow::anyhow!(broken.message))?;
        let mut command = cargo_metadata::MetadataCommand::new();
        command.cargo_path(crate::project::cargo()).current_dir(&project.root).no_deps();
        let metadata = command.exec().context("cargo does not tell what is in the workspace")?;
        let manifest = project.root.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest)
            .with_context(|| format!("cannot read {}", manifest.display()))?;
        let has_table = text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("workspace"));
        let live = if project.libraries.is_empty() { Vec::new() } else { project.engines };
        Ok(Self {
            members: members(&metadata, &project.root),
            root: project.root,
            target: project.target,
            has_table,
            live,
        })
    }
}

fn members(metadata: &Metadata, root: &Path) -> Vec<Member> {
    let relative = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_owned();
    let member = |package: &&Package| Member {
        name: package.name.to_string(),
        folder: package.manifest_path.parent().map(|path| relative(path.as_std_path())).unwrap_or_default(),
        programs: package
            .targets
            .iter()
            .filter(|target| target.kind.contains(&TargetKind::Bin))
            .map(|target| (target.name.clone(), relative(target.src_path.as_std_path())))
            .collect(),
    };
    metadata.workspace_packages().iter().map(member).collect()
}
