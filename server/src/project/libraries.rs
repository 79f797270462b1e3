//! Which packages of a workspace are libraries, and which is the API crate that each shares with the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{Metadata, Package, PackageId, Target};
use glob::Pattern;

use super::files::FileSet;
use super::{ApiCrate, Library, LocalPackage};
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

/// What a workspace's packages say about libraries.
pub struct Found {
    /// The packages that are libraries, sorted by name: those that are listed, and every member that depends on
    /// `liveline` and has a shared form, without those that other such members depend on (these are API crates).
    pub packages: Vec<Library>,
    /// Of these, the ones that are listed.
    pub named: BTreeSet<String>,
    /// The listed globs of script files.
    pub files: Vec<FileSet>,
    /// Every package that is not from a registry.
    pub local: Vec<LocalPackage>,
}

/// Reads cargo's word and the configuration. `root` is the workspace's.
pub fn find(metadata: &Metadata, config: &Config, root: &Path) -> Result<Found, Missing> {
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
    let mut named = BTreeSet::new();
    for name in config.library.iter().filter_map(|library| library.package.as_deref()) {
        let package = listed(&graph, name)?;
        chosen.insert(package.name.as_str(), package);
        named.insert(name.to_owned());
    }
    let files =
        config.library.iter().filter_map(|library| Some((library.files.as_ref()?, library.api.as_deref())));
    Ok(Found {
        packages: chosen.values().filter_map(|package| library(&graph, package)).collect(),
        named,
        files: files.map(|(files, api)| file_set(&graph, root, files, api)).collect::<Result<_, _>>()?,
        local: graph.local_packages(),
    })
}

fn file_set(graph: &Graph<'_>, root: &Path, files: &str, api: Option<&str>) -> Result<FileSet, Missing> {
    let absolute = format!("{}/{files}", Pattern::escape(&root.display().to_string()));
    let pattern = Pattern::new(&absolute).map_err(|error| Missing {
        name: files.to_owned(),
        message: format!("`{files}` is no pattern of files: {}", error.msg),
    })?;
    let api = api.map(|name| listed_api(graph, name)).transpose()?;
    Ok(FileSet { pattern, api })
}

fn listed_api(graph: &Graph<'_>, name: &str) -> Result<ApiCrate, Missing> {
    let missing = |message: String| Missing { name: name.to_owned(), message };
    let locals: Vec<&Package> =
        graph.packages.values().copied().filter(|package| package.source.is_none()).collect();
    let names = || locals.iter().map(|package| package.name.as_str());
    let package = locals.iter().find(|package| package.name == name).ok_or_else(|| {
        let hint = config::nearest(name, names()).map(|near| format!("; did you mean `{near}`?"));
        missing(format!("the workspace has no package `{name}`{}", hint.unwrap_or_default()))
    })?;
    let shared = package.targets.iter().find(|target| target.is_dylib()).ok_or_else(|| {
        missing(format!(
            "package `{name}` is not shared with the engine; add `crate-type = [\"lib\", \"dylib\"]` to [lib] in {}",
            package.manifest_path
        ))
    })?;
    Ok(ApiCrate { package: name.to_owned(), crate_name: shared.name.replace('-', "_") })
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
    Some(Library {
        name: package.name.to_string(),
        crate_name: target.name.replace('-', "_"),
        source: target.src_path.clone().into_std_path_buf(),
        crate_type,
        api: graph.api_of(package),
        packages: graph.local_names(package),
        file: None,
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

    /// The nearest local package below one that the engine shares with it.
    fn api_of(&self, package: &'a Package) -> Option<ApiCrate> {
        let reachable = self.reachable(&package.id);
        reachable.iter().skip(1).filter_map(|id| self.packages.get(id)).find_map(|dependency| {
            let shared = dependency.targets.iter().find(|target| target.is_dylib())?;
            let on_engine = dependency.dependencies.iter().any(|dependency| dependency.name == ENGINE_CRATE);
            (dependency.source.is_none() && on_engine).then(|| ApiCrate {
                package: dependency.name.to_string(),
                crate_name: shared.name.replace('-', "_"),
            })
        })
    }

    fn local_names(&self, package: &'a Package) -> Vec<String> {
        let reachable = self.reachable(&package.id).into_iter().filter_map(|id| self.packages.get(id));
        reachable.filter(|package| package.source.is_none()).map(|package| package.name.to_string()).collect()
    }

    fn local_packages(&self) -> Vec<LocalPackage> {
        let members: BTreeSet<&PackageId> = self.members.iter().map(|package| &package.id).collect();
        let local = self.packages.values().copied().filter(|package| package.source.is_none());
        local.map(|package| self.local_package(package, members.contains(&package.id))).collect()
    }

    fn local_package(&self, package: &'a Package, member: bool) -> LocalPackage {
        let library = package.targets.iter().find(|target| {
            target.is_lib()
                || target.is_dylib()
                || target.is_cdylib()
                || target.is_rlib()
                || target.is_proc_macro()
        });
        LocalPackage {
            name: package.name.to_string(),
            folder: package.manifest_path.parent().map(|p| p.as_std_path().to_owned()).unwrap_or_default(),
            crate_name: library.map(|target| target.name.replace('-', "_")),
            source: library.map(|target| target.src_path.clone().into_std_path_buf()),
            api: self.api_of(package),
            built_from: self.local_names(package),
            build_script: package.targets.iter().any(|target| target.is_custom_build()),
            member,
        }
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
