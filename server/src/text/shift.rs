//! Carries places of an older text through the edits made since.

use std::ops::Range;

use super::{CharOffset, Edit};

/// The edits between a text that was built and the text that is shown now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    edits: Vec<Edit>,
}

/// Where a range of the older text lies now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shifted {
    /// Its place in the newer text.
    pub range: Range<CharOffset>,
    /// Whether its own text is as it was.
    pub untouched: bool,
}

impl Shift {
    /// Notes one more edit. What is typed in one go is kept as one.
    pub fn push(&mut self, edit: Edit) {
        if edit.removed == 0 && edit.inserted == 0 {
            return;
        }
        match self.edits.last_mut() {
            Some(last) if edit.removed == 0 && edit.at.0 == last.at.0 + last.inserted => {
                last.inserted += edit.inserted;
            }
            _ => self.edits.push(edit),
        }
    }

    /// Whether old and new text are the same as far as is known.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Carries a range through all edits. Text put in right before or right behind it does not become part of
    /// it; where exactly its own text was replaced, it covers the replacement.
    pub fn range(&self, range: Range<CharOffset>) -> Shifted {
        let mut shifted = Shifted { range, untouched: true };
        for edit in &self.edits {
            shifted = carry(shifted, *edit);
        }
        shifted
    }
}

fn carry(shifted: Shifted, edit: Edit) -> Shifted {
    let (start, end) = (shifted.range.start.0, shifted.range.end.0);
    let (from, to) = (edit.at.0, edit.at.0 + edit.removed);
    let moved = |place: usize| CharOffset(place - edit.removed + edit.inserted);
    if to <= start {
        return Shifted { range: moved(start)..moved(end), ..shifted };
    }
    if end <= from {
        return shifted;
    }
    let new_start = match from < start {
        true if to < end => CharOffset(from + edit.inserted),
        true => edit.at,
        false => CharOffset(start),
    };
    let new_end = if to <= end { moved(end) } else { edit.at };
    Shifted { range: new_start..new_end, untouched: false }
}
