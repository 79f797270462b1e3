//! The formatted twin of unsaved text: many editors format at the save, which changes the text in the last moment.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::attempt::Bench;
use super::compile::Cancel;
use super::direct::Call;
use super::job::{Order, Overlay, Purpose};
use super::prepare::POLITE;
use super::workshop::{Room, Workshop};
use crate::os;
use crate::project::is_rust;

/// After so many saves of text that nobody had formatted, it is not formatted any more.
const MOST_MISSES: u32 = 3;

/// What came of building formatted text ahead, for one library.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Twins {
    misses: u32,
    /// What was last built beside its twin.
    original: Option<Overlay>,
    twin: Option<Overlay>,
}

impl Twins {
    /// Text was saved: whether it was formatted is known by what it is. `was_built`: it had been built before.
    pub(super) fn saved(&mut self, was_built: bool) {
        let is = |overlay: &Option<Overlay>| {
            overlay.as_ref().is_some_and(|overlay| {
                overlay
                    .iter()
                    .all(|(path, text)| os::read_file(path).is_ok_and(|saved| saved == text.as_bytes()))
            })
        };
        if !was_built {
            // Perhaps a formatter is at work now.
            self.misses = self.misses.saturating_sub(1);
        } else if is(&self.twin) {
            self.misses = 0;
        } else if is(&self.original) {
            self.misses += 1;
        }
        (self.original, self.twin) = (None, None);
    }

    /// Both were built.
    fn built(&mut self, original: &Overlay, twin: &Overlay) {
        (self.original, self.twin) = (Some(original.clone()), Some(twin.clone()));
    }

    fn is_worth_it(&self) -> bool {
        self.misses < MOST_MISSES
    }
}

impl Workshop {
    /// Builds the formatted form of an order's unsaved text too, where it is another.
    pub(super) fn build_twin(&self, order: &Order, room: &mut Room, call: &Call, cancel: &Cancel) {
        let name = &order.library.name;
        let is_unsaved = order.purpose == Purpose::Speculative && !order.overlay.is_empty();
        if !is_unsaved || !self.with_twins(name, |twins| twins.is_worth_it()) {
            return;
        }
        let Some(overlay) = formatted(&order.overlay, call, cancel).filter(|twin| *twin != order.overlay)
        else {
            return;
        };
        self.with_twins(name, |twins| twins.built(&order.overlay, &overlay));
        let twin = Order { overlay, ..order.clone() };
        let (folder, program) = (&self.folder, &self.program);
        let mut bench = Bench { order: &twin, folder, program, cancel, say: &mut |_| {} };
        self.build_ahead(&mut bench, room, &Call { niceness: POLITE, ..call.clone() });
    }
}

/// The overlay with each text formatted; `None` if rustfmt is missing or a text is no Rust.
fn formatted(overlay: &Overlay, call: &Call, cancel: &Cancel) -> Option<Overlay> {
    let format = |(path, text): (&std::path::PathBuf, &Arc<str>)| {
        let text = if is_rust(path) { rustfmt(path, text, call, cancel)? } else { text.clone() };
        Some((path.clone(), text))
    };
    overlay.iter().map(format).collect()
}

fn rustfmt(path: &Path, text: &str, call: &Call, cancel: &Cancel) -> Option<Arc<str>> {
    let edition = call.invocation.arguments.iter().find_map(|argument| argument.strip_prefix("--edition="));
    let mut command = Command::new(beside(&call.invocation.program));
    command.args(["--emit", "stdout", "--quiet", "--edition", edition.unwrap_or("2015")]);
    // Of text from standard input it looks for `rustfmt.toml` in the working directory and above.
    command.current_dir(path.parent()?);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = cancel.start(&mut command, POLITE).ok()??;
    let (input, output) = (child.child().stdin.take(), child.child().stdout.take());
    let mut formatted = String::new();
    let read = std::thread::scope(|scope| {
        scope.spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
        output.map(|mut output| output.read_to_string(&mut formatted))
    });
    let status = child.wait();
    cancel.ended();
    let is_good = status.is_ok_and(|status| status.success()) && matches!(read, Some(Ok(_)));
    (is_good && !formatted.is_empty()).then(|| formatted.into())
}

/// The toolchain's own rustfmt, without the detour over rustup.
fn beside(rustc: &Path) -> std::path::PathBuf {
    let sibling = rustc.with_file_name("rustfmt");
    if os::is_program(&sibling) { sibling } else { "rustfmt".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_nobody_formats_is_soon_built_once_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.rs");
        let overlay = |text: &str| Some([(path.clone(), Arc::from(text))].into());
        let mut twins = Twins::default();
        let mut save = |saved: &str, was_built: bool| {
            (twins.original, twins.twin) = (overlay("fn a(){}"), overlay("fn a() {}"));
            std::fs::write(&path, saved).unwrap();
            twins.saved(was_built);
            twins.is_worth_it()
        };
        assert!(save("fn a(){}", true) && save("fn a(){}", true));
        assert!(!save("fn a(){}", true));
        assert!(save("fn a() { }", false), "it may have been formatted");
        assert!(save("fn a() {}", true));
    }
}
