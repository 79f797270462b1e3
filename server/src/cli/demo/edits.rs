//! What the demo edits, as a person would: one line of a script, then a save.

use std::fs;
use std::path::Path;

use anyhow::Context;

/// One save.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edit {
    /// Relative to the game's workspace.
    pub(super) file: &'static str,
    pub(super) old: &'static str,
    pub(super) new: &'static str,
    /// What a person sees.
    pub(super) effect: &'static str,
    /// Whether it compiles.
    pub(super) builds: bool,
}

impl Edit {
    /// The library that the file is.
    pub(super) fn library(&self) -> &'static str {
        let name = self.file.rsplit('/').next().unwrap_or(self.file);
        name.strip_suffix(".rs").unwrap_or(name)
    }
}

/// In this order. The broken one is mended by the one after it.
pub(super) const EDITS: &[Edit] = &[
    Edit {
        file: "scripts/src/player.rs",
        old: "const COLOR: Color = Color::hex(0x3ce6ff);",
        new: "const COLOR: Color = Color::hex(0xff5cf4);",
        effect: "the ship turns pink",
        builds: true,
    },
    Edit {
        file: "scripts/src/enemy.rs",
        old: "const SIZE: f32 = 1.0;",
        new: "const SIZE: f32 = 1.8;",
        effect: "the enemies grow",
        builds: true,
    },
    Edit {
        file: "scripts/src/player.rs",
        old: "const BARRELS: [f32; 1] = [0.0];",
        new: "const BARRELS: [f32; 3] = [-12.0, 0.0];",
        effect: "a mistake: three barrels announced, two given",
        builds: false,
    },
    Edit {
        file: "scripts/src/player.rs",
        old: "const BARRELS: [f32; 3] = [-12.0, 0.0];",
        new: "const BARRELS: [f32; 3] = [-12.0, 0.0, 12.0];",
        effect: "mended: the ship fires three ways",
        builds: true,
    },
    Edit {
        file: "scripts/src/backdrop.rs",
        old: "const SKY: Color = Color::hex(0x070a1c);",
        new: "const SKY: Color = Color::hex(0x2a0716);",
        effect: "the sky turns red",
        builds: true,
    },
];

impl Edit {
    /// Saves the file with the line changed; gives the line's number.
    pub(super) fn apply(&self, root: &Path) -> anyhow::Result<usize> {
        let path = root.join(self.file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let at = text.find(self.old).with_context(|| format!("{} has no line `{}`", self.file, self.old))?;
        fs::write(&path, text.replacen(self.old, self.new, 1))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(text[..at].matches('\n').count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_finds_its_line_in_the_sample() {
        let folder = tempfile::tempdir().unwrap();
        let game = super::super::sample::unpack(folder.path()).unwrap();
        for edit in EDITS {
            edit.apply(&game).unwrap();
        }
    }
}
