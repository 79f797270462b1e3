//! Parts of a build that take no compiler, for benches. Nothing else calls them here.

use std::io;
use std::path::{Path, PathBuf};

use super::inputs::Inputs;
use super::job::Overlay;
use super::shadow::Shadow;
use super::wrapper::Split;

/// How many files rustc read, by its dep-info.
pub fn dep_info(file: &Path, folder: &Path) -> io::Result<usize> {
    Inputs::read(file, folder).map(|inputs| inputs.files.len())
}

/// The text without its head, as a waiting rustc is fed with it.
pub fn fed(text: &str) -> Option<String> {
    Split::of(text).map(|split| split.fed())
}

/// The tree that a library is compiled from.
#[derive(Debug)]
pub struct Tree(Shadow);

impl Tree {
    /// In the folder `root`.
    pub fn new(root: PathBuf) -> Self {
        Self(Shadow::new(root))
    }

    /// Makes it what the file system is now, around `file` and with `overlay` in place.
    pub fn refresh(&mut self, file: &Path, overlay: &Overlay) -> io::Result<()> {
        self.0.refresh([file].into_iter(), overlay, &[])
    }
}
