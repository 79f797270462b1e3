//! `.cargo/config.toml`, as far as Liveline wants to know of it: the files that cargo would merge, the nearest first.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// cargo's configuration for a folder.
#[derive(Clone, Debug, Default)]
pub struct CargoConfig {
    files: Vec<(PathBuf, Table)>,
}

impl CargoConfig {
    /// Of a folder, those above it, and cargo's home. What cannot be read is left out: cargo tells of it.
    pub fn read(folder: &Path) -> Self {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
        let mut files = Vec::new();
        for folder in folder.ancestors().map(|folder| folder.join(".cargo")).chain(home) {
            // Where both are, cargo takes the one without an ending.
            let read = ["config", "config.toml"].iter().find_map(|name| {
                let path = folder.join(name);
                Some((path.clone(), std::fs::read_to_string(path).ok()?.parse().ok()?))
            });
            files.extend(read.filter(|(path, _)| files.iter().all(|(known, _)| known != path)));
        }
        Self { files }
    }

    /// The nearest value of a key, and its file.
    pub fn value(&self, key: &[&str]) -> Option<(&Value, &Path)> {
        self.files.iter().find_map(|(path, table)| {
            let (last, tables) = key.split_last()?;
            let table = tables.iter().try_fold(table, |table, name| table.get(*name)?.as_table())?;
            Some((table.get(*last)?, path.as_path()))
        })
    }

    /// A program, as cargo would start it, and the file that names it.
    pub fn program(&self, key: &[&str]) -> Option<(OsString, &Path)> {
        let (value, file) = self.value(key)?;
        let name = value.as_str().filter(|name| !name.is_empty())?;
        // A path is relative to the folder that `.cargo` lies in.
        let base = file.parent().and_then(Path::parent).filter(|_| name.contains('/'));
        Some((base.map_or_else(|| name.into(), |base| base.join(name).into_os_string()), file))
    }

    /// The words of a list, or of a string of them.
    pub fn words(&self, key: &[&str]) -> Vec<String> {
        match self.value(key) {
            Some((Value::String(words), _)) => words.split_whitespace().map(str::to_owned).collect(),
            Some((Value::Array(words), _)) => {
                words.iter().filter_map(|word| Some(word.as_str()?.to_owned())).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// The compiler wrapper that cargo would use in a folder: Liveline stands in its place, and calls it.
pub fn rustc_wrapper(folder: &Path) -> Option<OsString> {
    // An empty variable switches off what the file says.
    let set = ["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"].iter().find_map(std::env::var_os);
    let found = set.or_else(|| Some(CargoConfig::read(folder).program(&["build", "rustc-wrapper"])?.0));
    found.filter(|wrapper| !wrapper.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_counts_and_paths_are_relative_to_it() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("inner");
        for (folder, text) in [
            (root.path(), "build.rustc-wrapper = \"tools/wrap\"\nbuild.rustflags = \"-C a -C b\"\n"),
            (&inner, "build.rustc = \"rustc-9\"\nbuild.rustflags = [\"-C\", \"c\"]\n"),
        ] {
            std::fs::create_dir_all(folder.join(".cargo")).unwrap();
            std::fs::write(folder.join(".cargo/config.toml"), text).unwrap();
        }
        let config = CargoConfig::read(&inner);
        let (wrapper, file) = config.program(&["build", "rustc-wrapper"]).unwrap();
        assert_eq!(PathBuf::from(wrapper), root.path().join("tools/wrap"));
        assert_eq!(file, root.path().join(".cargo/config.toml"));
        assert_eq!(config.program(&["build", "rustc"]).unwrap().0, "rustc-9");
        assert_eq!(config.words(&["build", "rustflags"]), ["-C", "c"]);
        assert_eq!(CargoConfig::read(root.path()).words(&["build", "rustflags"]).len(), 4);
        assert!(config.value(&["build", "none"]).is_none());
    }
}
