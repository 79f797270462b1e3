//! A document as its editor shows it: text, version, and the edits that bring it forward.

use ropey::Rope;

use super::{CharOffset, Encoding, LspRange};

/// An editor's number for a document's text. Grows with every edit, not always by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub i32);

/// One change as a client describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What goes; all of the text if absent.
    pub range: Option<LspRange>,
    /// What comes.
    pub text: String,
}

/// One change as it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Where.
    pub at: CharOffset,
    /// Characters that went.
    pub removed: usize,
    /// Characters that came.
    pub inserted: usize,
}

/// A text under edit. Cloning it is cheap and independent of its length.
#[derive(Clone, Debug, Default)]
pub struct Document {
    text: Rope,
    version: Version,
}

impl Document {
    /// A document that was just opened.
    pub fn new(text: &str, version: Version) -> Self {
        Self { text: Rope::from_str(text), version }
    }

    /// The text.
    pub fn text(&self) -> &Rope {
        &self.text
    }

    /// The editor's number for it.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Notes that the text now is what the editor calls `version`.
    pub fn set_version(&mut self, version: Version) {
        self.version = version;
    }

    /// Makes one change; a range that lies outside is cut to the text, a reversed one is turned around.
    pub fn apply(&mut self, change: &Change, encoding: Encoding) -> Edit {
        match change.range {
            Some(range) => self.replace(range, &change.text, encoding),
            None => self.replace_all(&change.text),
        }
    }

    fn replace(&mut self, range: LspRange, text: &str, encoding: Encoding) -> Edit {
        let (one, other) =
            (encoding.offset(&self.text, range.start).0, encoding.offset(&self.text, range.end).0);
        let (start, end) = (one.min(other), one.max(other));
        self.text.remove(start..end);
        self.text.insert(start, text);
        Edit { at: CharOffset(start), removed: end - start, inserted: text.chars().count() }
    }

    /// Only what differs counts as edited, so that anchors elsewhere stay where they are.
    fn replace_all(&mut self, text: &str) -> Edit {
        let new = Rope::from_str(text);
        let edit = difference(&self.text, &new);
        self.text = new;
        edit
    }
}

/// The single edit that makes `old` into `new`: all but what both begin and end with.
pub fn difference(old: &Rope, new: &Rope) -> Edit {
    let shorter = old.len_chars().min(new.len_chars());
    let prefix = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let suffix =
        backwards(old).zip(backwards(new)).take(shorter - prefix).take_while(|(a, b)| a == b).count();
    Edit {
        at: CharOffset(prefix),
        removed: old.len_chars() - prefix - suffix,
        inserted: new.len_chars() - prefix - suffix,
    }
}

fn backwards(text: &Rope) -> impl Iterator<Item = char> + '_ {
    text.chars_at(text.len_chars()).reversed()
}
