//! Relocatable objects as code of this process: linked in memory, without a linker process or a library file.

use std::collections::{BTreeMap, VecDeque};

use liveline_link::load::{self, Loaded};
use liveline_link::{Error, Line, Object, Options, Undefined};
use liveline_protocol::engine::{ArtifactKind, Place, Reload};

use crate::Generation;
use crate::mode::backtrace;
use crate::mode::keep::Brought;
use crate::mode::plain::Symbols;
use crate::mode::registry;
use crate::mode::section;
use crate::mode::verdict::Refusal;

/// Of this many images that run no more, backtraces still have names and lines. Each takes a file descriptor.
const KEPT_FILES: usize = 64;

/// The objects of an artifact.
pub(crate) fn read(archive: &[u8]) -> Result<Vec<Object<'_>>, Refusal> {
    let objects = liveline_link::members(archive).map_err(refusal)?;
    if objects.is_empty() {
        let reason = "the artifact holds no objects".to_owned();
        return Err(Refusal { reason, retry: Some(ArtifactKind::Dylib), ..Refusal::default() });
    }
    Ok(objects)
}

/// What the objects say of their scripts, readable without running any of their code.
pub(crate) fn interface_sections<'a>(objects: &[Object<'a>]) -> Result<Vec<&'a [u8]>, Refusal> {
    let mut sections = Vec::new();
    for object in objects {
        sections.extend(liveline_link::sections(object, section::SECTION).map_err(refusal)?);
    }
    Ok(sections)
}

/// The images in this process.
#[derive(Debug, Default)]
pub(crate) struct Images {
    /// Those that run, by library.
    running: BTreeMap<String, Image>,
    /// What ran before each, and would run again if that were taken back.
    before: BTreeMap<String, Image>,
    /// Those that wait for the game.
    loaded: Vec<(String, Image)>,
    /// Those that run no more, oldest first. Calls that began in them may still be on a stack.
    retired: VecDeque<Loaded>,
}

#[derive(Debug)]
struct Image {
    generation: Generation,
    loaded: Loaded,
}

impl Images {
    /// Links and loads a generation, and gives the scripts that it brought.
    pub(crate) fn load(
        &mut self,
        reload: &Reload,
        objects: &[Object<'_>],
    ) -> Result<(Brought, Symbols), Refusal> {
        let generation = Generation(reload.generation.0);
        let name = format!("{}-{generation}", reload.library);
        let needed = liveline_link::RUST_LIBRARIES.map(str::to_owned);
        let image = liveline_link::link(objects, &Options { needed: &needed, ..Options::new(&name) });
        let image = image.map_err(refusal)?;
        let mut symbols = Symbols::default();
        let brought = registry::brought_by(|| {
            let exports = image.exports().to_vec();
            let loaded = load::load(image).map_err(refusal)?;
            let end = loaded.base() + usize::try_from(loaded.memory()).unwrap_or(0);
            if let Some(file) = loaded.file() {
                backtrace::loaded(loaded.base()..end, file.into());
            }
            symbols = Symbols::of_image(loaded.base(), exports);
            self.loaded.push((reload.library.clone(), Image { generation, loaded }));
            Ok::<(), Refusal>(())
        })?;
        Ok((brought, symbols))
    }

    /// A generation runs, in an image or not: no other one of its library does.
    pub(crate) fn applied(&mut self, library: &str, generation: Generation) {
        let new = self.take_loaded(library, generation);
        if new.is_none() && self.running.get(library).is_some_and(|image| image.generation == generation) {
            return;
        }
        let old = match new {
            Some(new) => self.running.insert(library.to_owned(), new),
            None => self.running.remove(library),
        };
        let earlier = match old {
            Some(mut old) => {
                old.loaded.hide_from_debuggers();
                self.before.insert(library.to_owned(), old)
            }
            None => self.before.remove(library),
        };
        self.retire(earlier);
    }

    /// A generation will not run.
    pub(crate) fn refused(&mut self, library: &str, generation: Generation) {
        let refused = self.take_loaded(library, generation);
        self.retire(refused);
    }

    /// What runs was taken back; what ran before it runs again.
    pub(crate) fn restored(&mut self, library: &str) {
        let failed = self.running.remove(library);
        if let Some(mut before) = self.before.remove(library) {
            before.loaded.show_to_debuggers();
            self.running.insert(library.to_owned(), before);
        }
        self.retire(failed);
    }

    /// The generation of a library that runs has another number.
    pub(crate) fn renumber(&mut self, library: &str, generation: Generation) {
        if let Some(image) = self.running.get_mut(library) {
            image.generation = generation;
        }
    }

    /// Of a generation that was loaded twice, the first: that is the order in which the game answers.
    fn take_loaded(&mut self, library: &str, generation: Generation) -> Option<Image> {
        let is_it = |(of, image): &(String, Image)| of == library && image.generation == generation;
        let first = self.loaded.iter().position(is_it)?;
        Some(self.loaded.remove(first).1)
    }

    fn retire(&mut self, image: Option<Image>) {
        let Some(mut image) = image else { return };
        image.loaded.keep_hidden();
        self.retired.push_back(image.loaded);
        while self.retired.len() > KEPT_FILES {
            if let Some(mut oldest) = self.retired.pop_front() {
                backtrace::closed(oldest.base());
                oldest.close_file();
            }
        }
    }
}

/// The system's linker may do what this one cannot; but it has no more symbols.
fn refusal(error: Error) -> Refusal {
    let undefined: &[Undefined] = if let Error::Undefined(symbols) = &error { symbols } else { &[] };
    let line = undefined.first().and_then(|symbol| symbol.line.clone());
    Refusal {
        reason: format!("the objects cannot be loaded: {error}"),
        at: line.map(|Line { file, line, column }| Place { file, line, column }),
        retry: undefined.is_empty().then_some(ArtifactKind::Dylib),
        ..Refusal::default()
    }
}
