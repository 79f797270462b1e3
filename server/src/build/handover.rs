//! This program in the linker's place: it takes the objects over and says so at once, so that a build is done
//! before rustc has ended.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::link_line::{LinkLine, Word, path_below};

/// The folder of the build's outputs; its presence makes this program a linker.
pub const VARIABLE: &str = "LIVELINE_HANDOVER";
/// The folder of what is kept, in the folder of outputs.
pub(super) const KEPT: &str = "link";
/// The linker call, in the folder of what is kept.
const LINE: &str = "line.json";
/// The pipe that says so, in the folder of outputs.
const DONE: &str = "handed-over";

/// Whether this process was started by rustc in the place of a linker.
pub fn is_linker() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// The linker's whole life.
pub fn linker_main() -> ExitCode {
    match take_over() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("liveline cannot take over the objects: {error}");
            ExitCode::FAILURE
        }
    }
}

fn take_over() -> io::Result<()> {
    let folder = PathBuf::from(std::env::var_os(VARIABLE).unwrap_or_default());
    let kept = folder.join(KEPT);
    fs::create_dir_all(&kept)?;
    let mut words = Vec::new();
    for argument in expanded(std::env::args_os().skip(1))? {
        words.push(keep(argument, &folder, &kept)?);
    }
    let line = LinkLine { words, path: std::env::var("PATH").ok() };
    fs::write(kept.join(LINE), serde_json::to_vec(&line)?)?;
    // Without a server there is nobody to wait for.
    match crate::os::open_fifo_to_write(&folder.join(DONE))? {
        Some(mut pipe) => pipe.write_all(b"!"),
        None => Err(io::Error::other("the server is gone")),
    }
}

/// Arguments that are too many for a command line come in a file: one a line, quoted by backslashes.
fn expanded(arguments: impl Iterator<Item = OsString>) -> io::Result<Vec<String>> {
    let mut all = Vec::new();
    for argument in arguments {
        let argument = argument.into_string().map_err(|_| io::Error::other("an argument is no text"))?;
        match argument.strip_prefix('@') {
            Some(file) => all.extend(unquoted(&fs::read_to_string(file)?)),
            None => all.push(argument),
        }
    }
    Ok(all)
}

fn unquoted(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let mut characters = line.chars();
        let mut plain = String::new();
        while let Some(character) = characters.next() {
            plain.extend(if character == '\\' { characters.next() } else { Some(character) });
        }
        plain
    };
    text.lines().map(line).collect()
}

/// Links a file that rustc removes when it ends into the folder of what is kept. The file may be one with a file of
/// the incremental cache: it is never written to.
fn keep(argument: String, folder: &Path, kept: &Path) -> io::Result<Word> {
    let Some((before, path)) = path_below(&argument, &folder.display().to_string()) else {
        return Ok(Word::Plain(argument));
    };
    let path = Path::new(path);
    let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file()) else {
        return Ok(Word::Plain(argument));
    };
    let target = kept.join(name);
    if fs::hard_link(path, &target).is_err() {
        fs::copy(path, &target)?;
    }
    Ok(Word::Kept { before: before.to_owned(), file: name.to_owned() })
}

/// The pipe that a linker writes to, made in the folder of outputs.
pub(super) fn expect(folder: &Path) -> io::Result<fs::File> {
    let path = folder.join(DONE);
    crate::os::make_fifo(&path)?;
    crate::os::open_fifo(&path)
}

/// What was handed over in the folder of outputs.
pub(super) fn read(folder: &Path) -> io::Result<LinkLine> {
    read_kept(&folder.join(KEPT))
}

/// What was handed over and is kept in the folder `kept`.
pub(super) fn read_kept(kept: &Path) -> io::Result<LinkLine> {
    Ok(serde_json::from_slice(&fs::read(kept.join(LINE))?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_in_a_file_are_unquoted() {
        assert_eq!(unquoted("-o\n/a\\ b/c\\\\d\n"), ["-o", "/a b/c\\d"]);
    }

    #[test]
    fn files_of_the_build_are_kept_and_others_named() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join(KEPT);
        fs::create_dir(&kept).unwrap();
        fs::write(folder.path().join("list"), "{ };").unwrap();
        let below = format!("-Wl,--version-script={}/list", folder.path().display());
        let word = keep(below, folder.path(), &kept).unwrap();
        let expected = Word::Kept { before: "-Wl,--version-script=".to_owned(), file: "list".to_owned() };
        assert_eq!(word, expected);
        assert_eq!(fs::read_to_string(kept.join("list")).unwrap(), "{ };");
        let output = format!("{}/libx.so", folder.path().display());
        assert_eq!(keep(output.clone(), folder.path(), &kept).unwrap(), Word::Plain(output));
    }
}
