//! Text buffers and the columns that editors and rustc count in.

pub mod document;
pub mod encoding;
pub mod rustc;
pub mod shift;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub use document::{Change, Document, Edit, Version};
pub use encoding::{Encoding, LspPosition, LspRange};
pub use rustc::RustcLines;
pub use shift::{Shift, Shifted};

/// A place in a text, in characters (Unicode scalar values) from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CharOffset(pub usize);
