//! Why objects cannot be linked or loaded, with names in it that a person knows.

use std::fmt;

use crate::Line;

/// Why there is no image, or why it is not in this process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are no whole object or archive.
    Malformed {
        /// The object's name.
        object: String,
        /// What is wrong with it.
        what: String,
    },
    /// Two objects define one symbol, and neither gives way.
    Duplicate {
        /// Demangled.
        symbol: String,
        /// The objects' names.
        objects: [String; 2],
    },
    /// Symbols that nobody defines.
    Undefined(Vec<Undefined>),
    /// A place in the code that cannot be filled in.
    Relocation(Box<Relocation>),
    /// The image would pass a limit.
    TooLarge(String),
    /// What is linked needs something that this loader does not do.
    Unsupported(String),
    /// The system has refused.
    System {
        /// What was tried.
        what: String,
        /// The system's own sentence.
        reason: String,
    },
}

/// A symbol that no object defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undefined {
    /// The linker's name.
    pub mangled: String,
    /// The name in the source.
    pub demangled: String,
    /// Whether it may stay undefined; its address is zero then.
    pub weak: bool,
    /// Whether it is a thread-local variable.
    pub thread_local: bool,
    /// Where it is used first.
    pub used: Place,
    /// The same place in the source: of the first few in an [`Error::Undefined`], if debug information tells it.
    pub line: Option<Line>,
}

/// A place in an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The object's name.
    pub object: String,
    /// The section's name; with rustc, it ends in the mangled name of the function.
    pub section: String,
    /// In bytes, from the section's start.
    pub offset: u64,
}

/// A relocation that cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// As the ABI's specification names it.
    pub kind: String,
    /// Demangled; may be empty.
    pub symbol: String,
    /// Where it is.
    pub place: Place,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { object, what } => write!(f, "`{object}` is damaged: {what}"),
            Self::Duplicate { symbol, objects: [first, second] } => {
                write!(f, "`{symbol}` is defined twice: in `{first}` and in `{second}`")
            }
            Self::Undefined(symbols) => undefined(symbols, f),
            Self::Relocation(relocation) => relocation.fmt(f),
            Self::TooLarge(what) => write!(f, "too large to be linked in memory: {what}"),
            Self::Unsupported(what) => f.write_str(what),
            Self::System { what, reason } => write!(f, "{what}: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

/// More names than these help nobody.
pub(crate) const SHOWN: usize = 5;

fn undefined(symbols: &[Undefined], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("nothing here defines ")?;
    for (index, symbol) in symbols.iter().take(SHOWN).enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}`{}` (used in {}", symbol.demangled, symbol.used)?;
        match &symbol.line {
            Some(line) => write!(f, " at {}:{})", line.file, line.line)?,
            None => f.write_str(")")?,
        }
    }
    match symbols.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match function(&self.section) {
            Some(function) => write!(f, "`{}`", demangle(function.as_bytes())),
            None => write!(f, "{}({}+{:#x})", self.object, self.section, self.offset),
        }
    }
}

impl fmt::Display for Relocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.kind, self.place)?;
        if !self.symbol.is_empty() {
            write!(f, " to `{}`", self.symbol)?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// The function that a section holds, by the section's name.
fn function(section: &str) -> Option<&str> {
    let name = section.strip_prefix(".text.")?;
    let name =
        ["unlikely.", "hot.", "startup."].iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name);
    (name.starts_with("_ZN") || name.starts_with("_R")).then_some(name)
}

/// A sentence of the system's loader with the symbol in it demangled: it says `FILE: undefined symbol: MANGLED`.
pub fn readable(sentence: &str) -> String {
    const BEFORE: &str = "undefined symbol: ";
    let Some((before, symbol)) = sentence.split_once(BEFORE) else { return sentence.to_owned() };
    let end = symbol.find([',', ' ', '\n']).unwrap_or(symbol.len());
    format!("{before}{BEFORE}`{}`{}", demangle(&symbol.as_bytes()[..end]), &symbol[end..])
}

/// The name in the source of a linker's name.
pub(crate) fn demangle(name: &[u8]) -> String {
    format!("{:#}", rustc_demangle::demangle(&String::from_utf8_lossy(name)))
}
