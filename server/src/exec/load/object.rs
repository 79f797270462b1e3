//! Objects linked in memory, with what they need of the archives beside them.

use std::path::{Path, PathBuf};

use liveline_link::{Archive, Exports, Image, Object, Options, load};
use object::read::elf::{FileHeader, Sym};
use object::{Endianness, elf};

use super::Refused;
use crate::exec::cache::Program;
use crate::exec::link_line::LinkLine;
use crate::exec::record::Record;
use crate::os::program::{Entry, Mapped, Shared};

/// Which copy of std a program has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StdFrom {
    /// The toolchain's.
    SharedLibrary,
    /// Its own, as a native build has.
    Archives,
}

/// A linked program that is not in this process's reach yet.
pub(super) struct Linked {
    image: Image,
    shared: Vec<String>,
    /// Where its std is.
    pub(super) std: StdFrom,
}

/// Links a program, with the shared std only where it may have that.
pub(super) fn link(program: &Program, record: &Record, std: StdFrom) -> Result<Linked, Refused> {
    let line = LinkLine::read(&record.link)?;
    let own = match line.objects.iter().map(|path| map(path)).collect::<Result<Vec<_>, _>>() {
        Err(_) if !program.folder.join(&record.attempt).is_dir() => return Err(Refused::Replaced),
        other => other?,
    };
    let mut objects: Vec<Object<'_>> = named(&line.objects, &own);
    let shared_std = shared_std(&line, &objects).filter(|_| std == StdFrom::SharedLibrary);
    let std = if shared_std.is_some() { StdFrom::SharedLibrary } else { StdFrom::Archives };
    let mut needed = line.shared.clone();
    let mut archives: Vec<&(PathBuf, bool)> = line.archives.iter().collect();
    if let Some(shared_std) = &shared_std {
        needed.insert(0, shared_std.path.to_string_lossy().into_owned());
        // The compiler's own functions are hidden in the shared library, and some of them are the C library's too.
        archives
            .retain(|(path, _)| !path.starts_with(&shared_std.folder) || is(path, "libcompiler_builtins-"));
        objects.remove(shared_std.shim);
    }
    let mapped = archives.iter().map(|(path, _)| map(path)).collect::<Result<Vec<_>, _>>()?;
    let mut lazy = Vec::new();
    for ((path, whole), bytes) in archives.iter().zip(&mapped) {
        let cannot = |error: liveline_link::Error| format!("{}: {error}", path.display());
        if *whole {
            objects.extend(liveline_link::members(bytes.bytes()).map_err(cannot)?);
        } else {
            lazy.push(Archive::read(bytes.bytes()).map_err(cannot)?);
        }
    }
    let objects = liveline_link::closure(objects, &lazy);
    let options =
        Options { needed: &needed, exports: Exports::Names(&[Entry::NAME]), ..Options::new(&program.stem) };
    let image = liveline_link::link(&objects, &options).map_err(|error| error.to_string())?;
    Ok(Linked { image, shared: needed, std })
}

/// Loads the shared std ahead of a program that had it before.
pub(super) fn load_shared_std(record: &Record) {
    let find = || -> Option<PathBuf> {
        let line = LinkLine::read(&record.link).ok()?;
        let own = line.objects.iter().map(|path| map(path)).collect::<Result<Vec<_>, _>>().ok()?;
        shared_std(&line, &named(&line.objects, &own)).map(|std| std.path)
    };
    if let Some(path) = find() {
        // If that fails, it is said when the program is loaded.
        let _ = Shared::open(&path).map(Shared::keep);
    }
}

impl Linked {
    /// Loads the program; its initialisers run.
    pub(super) fn load(self) -> Result<Entry, String> {
        for name in &self.shared {
            Shared::open(Path::new(name)).map_err(|error| format!("`{name}`: {error}"))?.keep();
        }
        let loaded = load::load(self.image).map_err(|error| error.to_string())?;
        Entry::of(&loaded).ok_or_else(|| "it has no `main`".to_owned())
    }
}

fn map(path: &Path) -> Result<Mapped, String> {
    Mapped::open(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn named<'a>(paths: &[PathBuf], bytes: &'a [Mapped]) -> Vec<Object<'a>> {
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().zip(bytes).map(|(path, bytes)| Object { name: name(path), bytes: bytes.bytes() }).collect()
}

/// A toolchain's std as a shared library, for a program that behaves the same with it.
struct SharedStd {
    path: PathBuf,
    /// Where the archives of std are.
    folder: PathBuf,
    /// Which of the objects connects the allocator's entry points to std's; the shared library has its own.
    shim: usize,
}

/// The shared std unwinds and has the default allocator: a program that wants otherwise gets std's archives.
fn shared_std(line: &LinkLine, objects: &[Object<'_>]) -> Option<SharedStd> {
    let is =
        |path: &Path, name: &str| path.file_name().is_some_and(|own| own.to_string_lossy().starts_with(name));
    line.archives.iter().find(|(path, _)| is(path, "libpanic_unwind-"))?;
    let (archive, _) = line.archives.iter().find(|(path, _)| is(path, "libstd-"))?;
    let path = archive.with_extension("so");
    let shim = objects.iter().position(|object| is_default_allocator(object.bytes))?;
    path.is_file().then(|| SharedStd {
        folder: path.parent().unwrap_or(&path).to_owned(),
        path: path.clone(),
        shim,
    })
}

fn is(path: &Path, name: &str) -> bool {
    path.file_name().is_some_and(|own| own.to_string_lossy().starts_with(name))
}

/// Whether the object defines the allocator's entry points and sends them to std's.
fn is_default_allocator(bytes: &[u8]) -> bool {
    let read = || -> Option<(bool, bool)> {
        let header = elf::FileHeader64::<Endianness>::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let symbols = header.sections(endian, bytes).ok()?.symbols(endian, bytes, elf::SHT_SYMTAB).ok()?;
        let (mut defines, mut forwards) = (false, false);
        for symbol in symbols.iter() {
            let name = symbol.name(endian, symbols.strings()).ok()?;
            defines |= name.ends_with(b"___rust_alloc") && !symbol.is_undefined(endian);
            forwards |= name.ends_with(b"___rdl_alloc") && symbol.is_undefined(endian);
        }
        Some((defines, forwards))
    };
    read() == Some((true, true))
}
