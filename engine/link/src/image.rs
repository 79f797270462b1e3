//! A linked image: the bytes of a shared library, and what its loader must still do.

use std::ops::Range;

use crate::error::{Place, demangle};
use crate::lines;
use crate::{Line, Undefined};

/// The bytes of a shared library, whole and valid by themselves.
#[derive(Clone, Debug)]
pub struct Image {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) needed: Vec<String>,
    pub(crate) imports: Vec<Import>,
    /// Names of objects and sections, which imports point into.
    pub(crate) text: Vec<u8>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) exports: Vec<Export>,
    /// Where in the bytes `.debug_line`, `.debug_line_str` and `.debug_str` are.
    pub(crate) lines: [Range<usize>; 3],
    /// Words of the debug information that hold an address in the image, by their offset.
    pub(crate) debug_words: Vec<u32>,
    /// What the place of the loaded image must be a multiple of.
    pub(crate) align: u64,
    pub(crate) memory: u64,
}

/// A symbol that can be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The linker's name.
    pub name: String,
    /// From the image's start.
    pub address: u64,
}

/// A symbol that another library defines.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// In the image's bytes.
    pub(crate) name: Range<usize>,
    pub(crate) weak: bool,
    pub(crate) thread_local: bool,
    /// In the image's text.
    pub(crate) object: Range<usize>,
    pub(crate) section: Range<usize>,
    pub(crate) offset: u64,
    /// The same place from the image's start.
    pub(crate) address: u64,
}

/// A word that gets an import's address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding {
    pub(crate) import: u32,
    /// In the image's bytes.
    pub(crate) at: u64,
    pub(crate) addend: i64,
    /// The relocation that would ask the system's loader for it.
    pub(crate) relocation: u64,
}

impl Image {
    /// The shared library.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The name that it was linked with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How much memory it takes when it is loaded, in bytes.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// The symbols that no object defines: other libraries must, or this process.
    pub fn undefined(&self) -> Vec<Undefined> {
        self.imports.iter().map(|import| self.describe(import)).collect()
    }

    /// The symbols that can be looked up, sorted by name.
    pub fn exports(&self) -> &[Export] {
        &self.exports
    }

    pub(crate) fn name_of(&self, import: &Import) -> &[u8] {
        self.bytes.get(import.name.clone()).unwrap_or_default()
    }

    /// The line of the source that an address from the image's start comes from.
    pub fn line(&self, address: u64) -> Option<Line> {
        let [lines, line_strings, strings] =
            self.lines.clone().map(|range| self.bytes.get(range).unwrap_or_default());
        lines::find(lines::Tables { lines, line_strings, strings }, address, address, &|_| true)
    }

    /// A symbol that is missing, with its place in the source.
    pub(crate) fn describe_with_line(&self, import: &Import) -> Undefined {
        Undefined { line: self.line(import.address), ..self.describe(import) }
    }

    pub(crate) fn describe(&self, import: &Import) -> Undefined {
        let name = self.name_of(import);
        let text = |range: &Range<usize>| {
            String::from_utf8_lossy(self.text.get(range.clone()).unwrap_or_default()).into_owned()
        };
        Undefined {
            mangled: String::from_utf8_lossy(name).into_owned(),
            demangled: demangle(name),
            weak: import.weak,
            thread_local: import.thread_local,
            used: Place {
                object: text(&import.object),
                section: text(&import.section),
                offset: import.offset,
            },
            line: None,
        }
    }
}
