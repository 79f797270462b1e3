//! Where a server may have said that it listens.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use liveline_protocol::PROTOCOL_VERSION;
use liveline_protocol::endpoint::{ENDPOINT_VARIABLE, Endpoint, FILE, FOLDER, Transport, folder_beside};

/// A longer file is no endpoint file.
const MOST_BYTES: u64 = 64 * 1024;

/// What the search depends on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// The environment variable that goes before all else.
    pub(crate) named: Option<OsString>,
    pub(crate) executable: Option<PathBuf>,
    pub(crate) target_directory: Option<OsString>,
    /// Of the API crate, or another folder of the workspace.
    pub(crate) manifest_directory: PathBuf,
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn here(manifest_directory: &Path) -> Self {
        Self {
            named: env::var_os(ENDPOINT_VARIABLE),
            executable: env::current_exe().ok(),
            target_directory: env::var_os("CARGO_TARGET_DIR"),
            manifest_directory: manifest_directory.into(),
        }
    }

    /// Every path that an endpoint file may have, the likeliest first.
    pub(crate) fn candidates(&self) -> Vec<PathBuf> {
        if let Some(named) = &self.named {
            return vec![named.into()];
        }
        let in_target = |target: &Path| target.join(FOLDER).join(FILE);
        let above = |path: &Path| path.ancestors().skip(1).map(in_target).collect::<Vec<_>>();
        let mut paths = self.executable.as_deref().map(above).unwrap_or_default();
        paths.extend(self.target_directory.as_ref().map(|target| in_target(Path::new(target))));
        paths.extend(self.manifest_directory.ancestors().map(|root| in_target(&root.join("target"))));
        paths.extend(self.beside());
        let mut unique: Vec<PathBuf> = Vec::new();
        paths.into_iter().for_each(|path| {
            if !unique.contains(&path) {
                unique.push(path);
            }
        });
        unique
    }
}

impl Surroundings {
    /// Where the endpoint file is when another workspace has the usual folder of a shared target directory.
    fn beside(&self) -> Vec<PathBuf> {
        let executable = self.executable.iter().flat_map(|path| path.ancestors().skip(2).take(3));
        let targets: Vec<&Path> = self.target_directory.iter().map(Path::new).chain(executable).collect();
        let roots = || self.manifest_directory.ancestors().filter(|root| root.parent().is_some());
        targets
            .iter()
            .flat_map(|target| roots().map(|root| target.join(folder_beside(root)).join(FILE)))
            .collect()
    }

    /// Whether a server of the workspace `root` is this engine's: the executable lies in that workspace (it may
    /// have been moved since it was built), or the API crate does, or the API crate is in no workspace.
    fn is_served_by(&self, root: Option<&str>) -> bool {
        let is_workspace = |folder: &Path| {
            fs::read_to_string(folder.join("Cargo.toml"))
                .is_ok_and(|manifest| manifest.contains("[workspace]"))
        };
        let mut places = self.executable.iter().chain([&self.manifest_directory]);
        self.named.is_some()
            || root.is_none_or(|root| places.any(|place| place.starts_with(root)))
            || !self.manifest_directory.ancestors().any(is_workspace)
    }
}

/// What tells one state of the files at some paths from the next.
pub(crate) fn fingerprint(paths: &[PathBuf]) -> Vec<Option<(SystemTime, u64)>> {
    let stamp = |path: &PathBuf| {
        let found = fs::metadata(path).ok()?;
        Some((found.modified().ok()?, found.len()))
    };
    paths.iter().map(stamp).collect()
}

/// The socket that an endpoint file names; `None` if there is no such file, not a whole one yet, or another
/// workspace's.
///
/// Fails with a sentence if the server speaks another protocol.
pub(crate) fn read(path: &Path, here: &Surroundings) -> Result<Option<PathBuf>, String> {
    if !fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= MOST_BYTES) {
        return Ok(None);
    }
    let Ok(bytes) = fs::read(path) else { return Ok(None) };
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(&bytes) else { return Ok(None) };
    let protocol = value.get("protocol").and_then(serde_json::Value::as_u64).unwrap_or(0);
    if protocol != u64::from(PROTOCOL_VERSION) {
        return Err(other_protocol(protocol));
    }
    let endpoint: Endpoint =
        serde_json::from_value(value).map_err(|error| format!("{}: {error}", path.display()))?;
    if !here.is_served_by(endpoint.root.as_deref()) {
        return Ok(None);
    }
    let Transport::Unix(socket) = endpoint.transport;
    Ok(Some(socket.into()))
}

/// A sentence that names both versions.
pub(crate) fn other_protocol(theirs: u64) -> String {
    format!(
        "the Liveline server speaks protocol {theirs} and this engine protocol {PROTOCOL_VERSION}: use the same \
         version of `liveline-server` and of the `liveline` crate"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(surroundings: &Surroundings) -> Vec<String> {
        surroundings.candidates().iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn the_search_goes_from_the_executable_to_the_manifest() {
        let surroundings = Surroundings {
            named: None,
            executable: Some("/w/target/debug/game".into()),
            target_directory: Some("/cache".into()),
            manifest_directory: "/w/game-api".into(),
        };
        assert_eq!(
            candidates(&surroundings)[..7],
            [
                "/w/target/debug/liveline/endpoint.json",
                "/w/target/liveline/endpoint.json",
                "/w/liveline/endpoint.json",
                "/liveline/endpoint.json",
                "/cache/liveline/endpoint.json",
                "/w/game-api/target/liveline/endpoint.json",
                "/target/liveline/endpoint.json",
            ]
        );
    }

    #[test]
    fn a_named_file_is_the_only_one() {
        let surroundings = Surroundings { named: Some("/run/e.json".into()), ..Surroundings::default() };
        assert_eq!(candidates(&surroundings), ["/run/e.json"]);
    }

    #[test]
    fn another_workspace_of_the_same_target_directory_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let (root, api) = (folder.path().join("mine"), folder.path().join("mine/game-api"));
        fs::create_dir_all(&api).unwrap();
        fs::write(root.join("Cargo.toml"), "[workspace]\n").unwrap();
        let here = Surroundings {
            manifest_directory: api,
            target_directory: Some("/shared".into()),
            ..Surroundings::default()
        };
        let path = folder.path().join(FILE);
        let check = |root: &Path| {
            let content =
                serde_json::json!({"protocol": 1, "pid": 7, "transport": {"unix": "/s"}, "root": root});
            fs::write(&path, content.to_string()).unwrap();
            read(&path, &here)
        };
        assert_eq!(check(&root), Ok(Some("/s".into())));
        assert_eq!(check(Path::new("/other")), Ok(None));
        let beside = Path::new("/shared").join(folder_beside(&root)).join(FILE);
        assert!(here.candidates().contains(&beside), "where its own server's file is then");
    }

    #[test]
    fn a_file_is_read_refused_or_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        let check = |content: &str| {
            fs::write(&path, content).unwrap();
            read(&path, &Surroundings::default())
        };
        let good = r#"{"protocol":1,"pid":7,"transport":{"unix":"/run/s"}}"#;
        assert_eq!(check(good), Ok(Some("/run/s".into())));
        assert_eq!(check(&good[..20]), Ok(None));
        assert!(
            check(r#"{"protocol":2,"pid":7,"transport":{"quic":1}}"#).unwrap_err().contains("protocol 2")
        );
        assert!(check(r#"{"protocol":1,"pid":7,"transport":{"quic":1}}"#).is_err());
        assert_eq!(read(Path::new("/nowhere/endpoint.json"), &Surroundings::default()), Ok(None));
    }
}
