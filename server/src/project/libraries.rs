//! Which packages of a workspace are libraries, and which is the API crate that each shares with the engine.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{Metadata, Package, PackageId, Target};

use super::{ApiCrate, Library};
use crate::config::{self, Config};

/// The engine crate, by which libraries and API crates are known.
const ENGINE_CRATE: &str = "liveline";

/// A library that `liveline.toml` lists and the workspace does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// As it stands in the file.
    pub name: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// The workspace's libraries, sorted by name: those that are listed, and every member that depends on `liveline`
/// and has a shared form, without those that other such members depend on (these are API crates).
pub fn libraries(metadata: &Metadata, config: &Config) -> Result<Vec<Library>, Missing> {
    let graph = Graph::new(metadata);
    let candidates: Vec<&Package> =
        graph.members.iter().copied().filter(|package| graph.is_candidate(package)).collect();
    let apis: BTreeSet<&PackageId> = candidates
        .iter()
        .flat_map(|package| graph.reachable(&package.id).into_iter().skip(1))
        .filter(|id| candidates.iter().any(|candidate| candidate.id == **id))
        .collect();
    let mut chosen: BTreeMap<&str, &Package> = candidates
        .iter()
        .filter(|package| !apis.contains(&package.id))
        .map(|package| (package.name.as_str(), *package))
        .collect();
    for name in config.library.iter().filter_map(|library| library.package.as_deref()) {
        let package = listed(&graph, name)?;
        chosen.insert(package.name.as_str(), package);
    }
    Ok(chosen.values().filter_map(|package| library(&graph, package)).collect())
}

fn listed<'a>(graph: &Graph<'a>, name: &str) -> Result<&'a Package, Missing> {
    let missing = |message: String| Missing { name: name.to_owned(), message };
    let names = || graph.members.iter().map(|package| package.name.as_str());
    let package = graph.members.iter().find(|package| package.name == name).ok_or_else(|| {
        let hint = match config::nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its packages: {}", names().collect::<Vec<_>>().join(", ")),
        };
        missing(format!("the workspace has no package `{name}`; {hint}"))
    })?;
    match shared_target(package) {
        Some(_) => Ok(package),
        None => Err(missing(format!(
            "package `{name}` has no shared form; add `crate-type = [\"lib\", \"cdylib\"]` to [lib] in {}",
            package.manifest_path
        ))),
    }
}

fn library(graph: &Graph<'_>, package: &Package) -> Option<Library> {
    let (target, crate_type) = shared_target(package)?;
    let reachable = graph.reachable(&package.id);
    let api = reachable.iter().skip(1).filter_map(|id| graph.packages.get(id)).find_map(|dependency| {
        let shared = dependency.targets.iter().find(|target| target.is_dylib())?;
        let on_engine = dependency.dependencies.iter().any(|dependency| dependency.name == ENGINE_CRATE);
        (dependency.source.is_none() && on_engine).then(|| ApiCrate {
            package: dependency.name.to_string(),
            crate_name: shared.name.replace('-', "_"),
        })
    });
    let local =
        reachable.iter().filter_map(|id| graph.packages.get(id)).filter(|package| package.source.is_none());
    Some(Library {
        name: package.name.to_string(),
        crate_name: target.name.replace('-', "_"),
        source: target.src_path.clone().into_std_path_buf(),
        crate_type,
        api,
        packages: local.map(|package| package.name.to_string()).collect(),
    })
}

fn shared_target(package: &Package) -> Option<(&Target, &'static str)> {
    let of = |matches: fn(&Target) -> bool| package.targets.iter().find(|target| matches(target));
    of(Target::is_cdylib)
        .map(|target| (target, "cdylib"))
        .or_else(|| of(Target::is_dylib).map(|t| (t, "dylib")))
}

/// Packages and who depends on whom, build and development dependencies apart.
struct Graph<'a> {
    packages: BTreeMap<&'a PackageId, &'a Package>,
    members: Vec<&'a Package>,
    edges: BTreeMap<&'a PackageId, Vec<&'a PackageId>>,
}

impl<'a> Graph<'a> {
    fn new(metadata: &'a Metadata) -> Self {
        let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
        let edges = nodes
            .map(|node| {
                let normal = node.deps.iter().filter(|dependency| {
                    dependency
                        .dep_kinds
                        .iter()
                        .any(|kind| kind.kind != cargo_metadata::DependencyKind::Development)
                });
                (&node.id, normal.map(|dependency| &dependency.pkg).collect())
            })
            .collect();
        let packages = metadata.packages.iter().map(|package| (&package.id, package)).collect();
        Self { packages, members: metadata.workspace_packages(), edges }
    }

    fn is_candidate(&self, package: &Package) -> bool {
        shared_target(package).is_some() && package.dependencies.iter().any(|d| d.name == ENGINE_CRATE)
    }

    /// A package and all that it depends on, nearest first.
    fn reachable(&self, start: &'a PackageId) -> Vec<&'a PackageId> {
        let mut order = vec![start];
        let mut next = 0;
        while next < order.len() {
            for id in self.edges.get(order[next]).into_iter().flatten() {
                if !order.contains(id) {
                    order.push(id);
                }
            }
            next += 1;
        }
        order
    }
}
