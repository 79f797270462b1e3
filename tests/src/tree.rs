//! Copies a folder with its times, which cargo compares, and writes only what differs.

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::Path;

/// Copies `from` into `to`, leaving out entries of these names at the top.
pub(crate) fn copy(from: &Path, to: &Path, without: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if !without.iter().any(|left_out| name == *left_out) {
            copy_entry(&entry.path(), &to.join(name))?;
        }
    }
    Ok(())
}

fn copy_entry(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?;
    if kind.is_dir() {
        return copy(from, to, &[]);
    }
    if kind.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    if !kind.is_file() {
        return Ok(());
    }
    fs::copy(from, to)?;
    // Opened for reading: cargo's outputs can be read-only, and times need no more.
    File::open(to)?.set_times(FileTimes::new().set_modified(kind.modified()?))
}

/// Makes the files below `to` those below `from` with `map` applied to their texts; files whose text is already
/// right keep their time. Leaves out entries of these names at the top.
pub(crate) fn refresh(
    from: &Path,
    to: &Path,
    without: &[&str],
    map: &dyn Fn(&str) -> String,
) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let target = to.join(&name);
        if without.iter().any(|left_out| name == *left_out) {
            continue;
        }
        if path.is_dir() {
            refresh(&path, &target, &[], map)?;
        } else if let Ok(text) = fs::read_to_string(&path) {
            write_if_new(&target, map(&text).as_bytes())?;
        } else {
            write_if_new(&target, &fs::read(&path)?)?;
        }
    }
    Ok(())
}

/// One line for each file at or below `path`, with its name and time. Leaves out entries of these names at the top.
pub(crate) fn times(path: &Path, without: &[&str]) -> io::Result<String> {
    let kind = fs::symlink_metadata(path)?;
    if !kind.is_dir() {
        return Ok(format!("{} {:?}\n", path.display(), kind.modified()?));
    }
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    entries.retain(|entry| !without.iter().any(|left_out| entry.file_name() == *left_out));
    entries.sort_by_key(fs::DirEntry::file_name);
    entries.iter().map(|entry| times(&entry.path(), &[])).collect()
}

fn write_if_new(file: &Path, content: &[u8]) -> io::Result<()> {
    match fs::read(file) {
        Ok(old) if old == content => Ok(()),
        _ => fs::write(file, content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_leaves_unchanged_files_and_their_times_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("target")).unwrap();
        fs::write(from.join("a"), "x").unwrap();
        let refresh = || refresh(&from, &to, &["target"], &|text| text.replace('x', "y")).unwrap();
        refresh();
        let before = fs::metadata(to.join("a")).unwrap().modified().unwrap();
        refresh();
        assert_eq!(fs::read_to_string(to.join("a")).unwrap(), "y");
        assert_eq!(fs::metadata(to.join("a")).unwrap().modified().unwrap(), before);
        assert!(!to.join("target").exists());
    }

    #[test]
    fn a_copy_keeps_times() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("deep")).unwrap();
        fs::write(from.join("deep/a"), "x").unwrap();
        copy(&from, &to, &[]).unwrap();
        let time = |root: &Path| fs::metadata(root.join("deep/a")).unwrap().modified().unwrap();
        assert_eq!(time(&from), time(&to));
    }
}
