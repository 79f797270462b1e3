//! In the linker's place: rustc calls this program, which keeps the objects and says what was to be linked.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Its presence makes this program a linker: the number of a descriptor to answer on, a colon, and the folder to
/// keep objects in.
pub(super) const VARIABLE: &str = "LIVELINE_HAND_OVER";

/// Whether this process was started by rustc in the place of the linker.
pub fn is_linker() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// The linker's whole life.
pub fn linker_main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let order = std::env::var(VARIABLE).unwrap_or_default();
    let result = match order.split_once(':') {
        Some((descriptor, folder)) => hand_over(arguments, descriptor, Path::new(folder)),
        None => Err(io::Error::other(format!("{VARIABLE} is not for users to set; unset it"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("liveline: cannot hand the compiled objects over: {error}");
            ExitCode::FAILURE
        }
    }
}

fn hand_over(arguments: Vec<OsString>, descriptor: &str, folder: &Path) -> io::Result<()> {
    let mut words = Vec::new();
    for argument in arguments {
        let argument = argument.into_string().map_err(|_| io::Error::other("a path is not UTF-8"))?;
        match argument.strip_prefix('@') {
            Some(file) => words.extend(response(&fs::read_to_string(file)?)),
            None => words.push(argument),
        }
    }
    for (number, word) in words.iter_mut().enumerate() {
        keep(word, number, folder)?;
    }
    let text = words.join("\0");
    let mut message = (text.len() as u64).to_le_bytes().to_vec();
    message.extend(text.as_bytes());
    OpenOptions::new().write(true).open(format!("/proc/self/fd/{descriptor}"))?.write_all(&message)
}

/// rustc removes what it has put into its output folder: it gets a second name.
fn keep(word: &mut String, number: usize, folder: &Path) -> io::Result<()> {
    let path = PathBuf::from(&*word);
    let is_input =
        ["o", "rlib", "a", "so"].iter().any(|kind| path.extension().is_some_and(|own| own == *kind));
    // rustc's output folder lies in the program's own, as this one does.
    if !is_input || folder.parent().is_none_or(|program| !path.starts_with(program)) {
        return Ok(());
    }
    let kept = folder.join(format!("{number}-{}", path.file_name().unwrap_or_default().to_string_lossy()));
    if fs::hard_link(&path, &kept).is_err() {
        fs::copy(&path, &kept)?;
    }
    *word = kept.to_string_lossy().into_owned();
    Ok(())
}

/// The words of a response file as rustc writes them for gcc: one a line, backslashes before what is special.
fn response(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => word.extend(characters.next()),
            '\n' => words.push(std::mem::take(&mut word)),
            '"' => {}
            other => word.push(other),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words.retain(|word| !word.is_empty());
    words
}

/// The linker's arguments out of what [`hand_over`] sent; `None` while it is not complete.
pub(super) fn received(mut bytes: &[u8]) -> Option<Vec<String>> {
    let mut length = [0; 8];
    bytes.read_exact(&mut length).ok()?;
    let text = bytes.get(..usize::try_from(u64::from_le_bytes(length)).ok()?)?;
    Some(String::from_utf8_lossy(text).split('\0').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_file_is_read_as_gcc_reads_it() {
        assert_eq!(response("-m64\n\"/a\\ b/c.o\"\n-Wl,x\\\"y\n"), ["-m64", "/a b/c.o", "-Wl,x\"y"]);
    }

    #[test]
    fn a_message_is_complete_or_waited_for() {
        let mut message = 3u64.to_le_bytes().to_vec();
        message.extend(b"a\0b");
        assert_eq!(received(&message), Some(vec!["a".to_owned(), "b".to_owned()]));
        for length in 0..message.len() {
            assert_eq!(received(&message[..length]), None);
        }
    }
}
