//! Relocatable objects as code of this process: linked in memory, without a linker process or a library file.

use std::collections::VecDeque;

use liveline_link::load::{self, Loaded};
use liveline_link::{Error, Line, Object, Options, Undefined};
use liveline_protocol::engine::{ArtifactKind, Place, Reload};

use crate::Generation;
use crate::mode::backtrace;
use crate::mode::plain::Symbols;
use crate::mode::registry::{self, Entry};
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
    /// Those that run or will.
    current: Vec<Image>,
    /// Those that do not, oldest first. Calls that began in them may still be on a stack.
    retired: VecDeque<Loaded>,
}

#[derive(Debug)]
struct Image {
    library: String,
    generation: Generation,
    loaded: Loaded,
}

impl Images {
    /// Links and loads a generation, and gives the scripts that it brought.
    pub(crate) fn load(
        &mut self,
        reload: &Reload,
        objects: &[Object<'_>],
    ) -> Result<(Vec<&'static Entry>, Symbols), Refusal> {
        let generation = Generation(reload.generation.0);
        let name = format!("{}-{generation}", reload.library);
        let needed = liveline_link::RUST_LIBRARIES.map(str::to_owned);
        let image = liveline_link::link(objects, &Options { needed: &needed, ..Options::new(&name) });
        let image = image.map_err(refusal)?;
        let mut symbols = Symbols::default();
        let entries = registry::brought_by(|| {
            let exports = image.exports().to_vec();
            let loaded = load::load(image).map_err(refusal)?;
            let end = loaded.base() + usize::try_from(loaded.memory()).unwrap_or(0);
            if let Some(file) = loaded.file() {
                backtrace::loaded(loaded.base()..end, file.into());
            }
            symbols = Symbols::of_image(loaded.base(), exports);
            self.current.push(Image { library: reload.library.clone(), generation, loaded });
            Ok::<(), Refusal>(())
        })?;
        Ok((entries, symbols))
    }

    /// A generation runs: no other one of its library does.
    pub(crate) fn retire_all_but(&mut self, library: &str, generation: Generation) {
        self.retire_where(|image| image.library == library && image.generation != generation);
    }

    /// A generation will not run.
    pub(crate) fn retire(&mut self, library: &str, generation: Generation) {
        self.retire_where(|image| image.library == library && image.generation == generation);
    }

    /// The generation of a library that runs has another number.
    pub(crate) fn renumber(&mut self, library: &str, generation: Generation) {
        for image in self.current.iter_mut().filter(|image| image.library == library) {
            image.generation = generation;
        }
    }

    fn retire_where(&mut self, is_over: impl Fn(&Image) -> bool) {
        for mut image in self.current.extract_if(.., |image| is_over(image)) {
            image.loaded.hide_from_debuggers();
            self.retired.push_back(image.loaded);
        }
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
