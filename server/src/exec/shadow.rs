//! A copy of a script without its frontmatter, which stable rustc does not understand, among links to all that
//! lies around the script, so that `mod` and `include_str!` reach it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use super::cache::Program;
use super::script::Source;
use super::{Doing, Failure};

/// The copy's path, or the source's own where none is needed.
pub(super) fn path(program: &Program, source: &Source) -> PathBuf {
    match source.frontmatter() {
        Some(_) => inside(program, &source.path),
        None => source.path.clone(),
    }
}

/// The file that a path in the shadow stands for.
pub(super) fn real(program: &Program, path: &Path) -> PathBuf {
    path.strip_prefix(root(program)).map_or_else(|_| path.to_owned(), |rest| Path::new("/").join(rest))
}

/// What makes rustc call the copy by the source's name.
pub(super) fn remap(program: &Program, source: &Source) -> Option<String> {
    source.frontmatter().map(|_| format!("--remap-path-prefix={}=/", root(program).display()))
}

/// Brings the copy up to date.
pub(super) fn refresh(program: &Program, source: &Source) -> Result<(), Failure> {
    let Some(frontmatter) = source.frontmatter() else { return Ok(()) };
    let text = format!(
        "{}{}{}",
        &source.text[..frontmatter.start],
        blank(&source.text[frontmatter.clone()]),
        &source.text[frontmatter.end..]
    );
    let copy = inside(program, &source.path);
    mirror(program, &source.path)
        .and_then(|()| fs::write(&copy, text))
        .doing(|| format!("write {}", copy.display()))
}

/// Every line stays where it is.
fn blank(text: &str) -> String {
    text.chars().filter(|character| *character == '\n').collect()
}

fn root(program: &Program) -> PathBuf {
    program.folder.join("shadow")
}

fn inside(program: &Program, path: &Path) -> PathBuf {
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
    root(program).join(parts.collect::<PathBuf>())
}

/// Real folders from the file system's root to the script's, and links to everything else in each of them.
fn mirror(program: &Program, script: &Path) -> std::io::Result<()> {
    let mut below = script;
    for folder in script.ancestors().skip(1) {
        let mirrored = inside(program, folder);
        fs::create_dir_all(&mirrored)?;
        // A folder that may not be listed is not looked into by the script either.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let link = mirrored.join(entry.file_name());
            if entry.path() != below && fs::symlink_metadata(&link).is_err() {
                symlink(entry.path(), &link)?;
            }
        }
        below = folder;
    }
    Ok(())
}
