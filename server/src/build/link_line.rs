//! What rustc asks its linker to do, as data: which objects, which libraries, everything else as it was said.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A linker call that can be made later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LinkLine {
    /// In order.
    pub(super) words: Vec<Word>,
    /// rustc puts its own tools in front of `PATH`.
    pub(super) path: Option<String>,
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Word {
    /// As it was.
    Plain(String),
    /// One that names a file of the build, which is kept under another name.
    Kept {
        /// What stands before the path.
        before: String,
        /// The file's name in the folder of kept files.
        file: String,
    },
}

/// What a library is linked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// An object of the crate itself.
    Own(String),
    /// rustc's object that names what has to be exported.
    Roots(String),
    /// An object from elsewhere.
    Object(PathBuf),
    /// An archive whose members are taken where they are needed.
    Archive(PathBuf),
    /// An archive that is taken whole.
    Whole(PathBuf),
    /// A shared library by its path.
    Shared(PathBuf),
    /// A library by its name.
    Named(String),
}

/// Libraries that every process with std has.
const USUAL: &[&str] = &["c", "m", "gcc_s", "gcc", "gcc_eh", "pthread", "dl", "rt", "util"];

impl LinkLine {
    /// The inputs in their order.
    pub(super) fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        let mut whole = false;
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            let text = match word {
                Word::Kept { before, file } if before.is_empty() => {
                    items.push(kept_item(file));
                    continue;
                }
                Word::Kept { .. } => continue,
                Word::Plain(text) => text.as_str(),
            };
            for part in text.strip_prefix("-Wl,").unwrap_or(text).split(',') {
                match part {
                    "--whole-archive" => whole = true,
                    "--no-whole-archive" => whole = false,
                    _ => {}
                }
            }
            if ["-L", "-o", "-l", "-z", "-m", "-Xlinker", "-soname", "-flavor"].contains(&text) {
                let value = words.next();
                if let (Some(Word::Plain(value)), "-l") = (value, text) {
                    items.push(Item::Named(value.clone()));
                }
            } else if let Some(name) = text.strip_prefix("-l") {
                items.push(Item::Named(name.to_owned()));
            } else if !text.starts_with('-') {
                items.extend(path_item(text, whole));
            }
        }
        items
    }

    /// Why the objects cannot be loaded without a linker; `None` if they can.
    pub(super) fn needs_linker(&self) -> Option<String> {
        let named = self.items().into_iter().find_map(|item| match item {
            Item::Named(name) if !USUAL.contains(&name.as_str()) => Some(name),
            _ => None,
        });
        let told = ["--defsym", "--wrap", "-T", "--script", "--just-symbols"];
        let asked = self.words.iter().find_map(|word| match word {
            Word::Plain(text) => {
                let text = text.strip_prefix("-Wl,").unwrap_or(text);
                told.iter().any(|word| text.starts_with(word)).then(|| text.to_owned())
            }
            Word::Kept { .. } => None,
        });
        named
            .map(|name| format!("it links the native library `{name}`"))
            .or_else(|| asked.map(|option| format!("the linker is told `{option}`")))
    }

    /// All arguments, with the kept files in `folder` and the output at `output`.
    pub(super) fn arguments(&self, folder: &Path, output: &Path) -> Vec<String> {
        let mut arguments: Vec<String> = Vec::new();
        for word in &self.words {
            let is_output = arguments.last().is_some_and(|last| last == "-o");
            arguments.push(match word {
                _ if is_output => output.display().to_string(),
                Word::Plain(text) => text.clone(),
                Word::Kept { before, file } => format!("{before}{}", folder.join(file).display()),
            });
        }
        arguments
    }
}

fn kept_item(file: &str) -> Item {
    match file {
        "symbols.o" => Item::Roots(file.to_owned()),
        _ => Item::Own(file.to_owned()),
    }
}

fn path_item(text: &str, whole: bool) -> Option<Item> {
    let path = PathBuf::from(text);
    let name = path.file_name()?.to_str()?;
    if name.ends_with(".rlib") || name.ends_with(".a") {
        Some(if whole { Item::Whole(path) } else { Item::Archive(path) })
    } else if name.ends_with(".so") || name.contains(".so.") {
        Some(Item::Shared(path))
    } else if name.ends_with(".o") || name.ends_with(".obj") {
        Some(Item::Object(path))
    } else {
        None
    }
}

/// Splits an argument before the path of a file below `folder`.
pub(super) fn path_below<'a>(argument: &'a str, folder: &str) -> Option<(&'a str, &'a str)> {
    argument.find(folder).map(|at| argument.split_at(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> LinkLine {
        let words = text.split_whitespace().map(|word| match word.split_once('@') {
            Some((before, file)) => Word::Kept { before: before.to_owned(), file: file.to_owned() },
            None => Word::Plain(word.to_owned()),
        });
        LinkLine { words: words.collect(), path: None }
    }

    const USUAL_LINE: &str = "-Wl,--version-script=@list -m64 @symbols.o @a.rcgu.o -Wl,--as-needed -Wl,-Bdynamic \
        /t/libapi.so -Wl,-Bstatic /t/libcompiler_builtins-1.rlib -Wl,-Bdynamic -lgcc_s -lc -L /t/raw -fuse-ld=lld \
        -L /t/lib -o /out/libx.so -Wl,--gc-sections -shared -Wl,-z,relro,-z,now -nodefaultlibs";

    #[test]
    fn a_usual_line_is_understood() {
        let expected = [
            Item::Roots("symbols.o".to_owned()),
            Item::Own("a.rcgu.o".to_owned()),
            Item::Shared("/t/libapi.so".into()),
            Item::Archive("/t/libcompiler_builtins-1.rlib".into()),
            Item::Named("gcc_s".to_owned()),
            Item::Named("c".to_owned()),
        ];
        assert_eq!(line(USUAL_LINE).items(), expected);
        assert_eq!(line(USUAL_LINE).needs_linker(), None);
    }

    #[test]
    fn native_libraries_and_linker_scripts_need_a_linker() {
        for (text, part) in [
            ("-lz", "`z`"),
            ("-l SDL2", "`SDL2`"),
            ("-Wl,--defsym=a=b", "--defsym=a=b"),
            ("-Wl,--whole-archive -lfoo", "`foo`"),
        ] {
            let reason = line(text).needs_linker().unwrap();
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[test]
    fn whole_archives_are_told_from_lazy_ones() {
        let items = line("/a.rlib -Wl,--whole-archive /b.a -Wl,--no-whole-archive /c.a").items();
        let expected =
            [Item::Archive("/a.rlib".into()), Item::Whole("/b.a".into()), Item::Archive("/c.a".into())];
        assert_eq!(items, expected);
    }

    #[test]
    fn a_call_is_made_again_with_kept_files_and_another_output() {
        let arguments = line("-Wl,--version-script=@list @a.o -o /old/x.so -shared")
            .arguments(Path::new("/kept"), Path::new("/new.so"));
        assert_eq!(arguments, ["-Wl,--version-script=/kept/list", "/kept/a.o", "-o", "/new.so", "-shared"]);
    }
}
