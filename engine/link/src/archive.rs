//! `ar` archives: their objects, and the objects of several archives that a program needs.

use std::collections::HashMap;

use object::elf::{FileHeader64, SHN_UNDEF, SHT_SYMTAB, STB_LOCAL, STB_WEAK};
use object::read::archive::{ArchiveFile, ArchiveOffset};
use object::read::elf::{FileHeader, SectionHeader, Sym};
use object::{LittleEndian, elf};

use crate::Error;
use crate::names::Names;

/// A relocatable object and what to call it.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    /// For messages; an archive's member by its own name.
    pub name: String,
    /// The whole file.
    pub bytes: &'a [u8],
}

/// The objects in an archive (GNU's and BSD's forms, rlibs too), in its order. What is no ELF file is left out.
pub fn members(archive: &[u8]) -> Result<Vec<Object<'_>>, Error> {
    let file = parse(archive)?;
    let mut objects = Vec::new();
    for member in file.members() {
        let member = member.map_err(|error| damaged(&error))?;
        let bytes = member.data(archive).map_err(|error| damaged(&error))?;
        if bytes.starts_with(&elf::ELFMAG) {
            objects.push(Object { name: String::from_utf8_lossy(member.name()).into_owned(), bytes });
        }
    }
    Ok(objects)
}

/// An archive whose objects are taken as they are needed.
#[derive(Debug)]
pub struct Archive<'a> {
    bytes: &'a [u8],
    /// By symbol, the offset of the member that defines it.
    symbols: Vec<(&'a [u8], u64)>,
    file: ArchiveFile<'a>,
}

impl<'a> Archive<'a> {
    /// Reads the symbol index, and makes one where there is none.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let file = parse(bytes)?;
        let mut symbols = Vec::new();
        if let Some(index) = file.symbols().map_err(|error| damaged(&error))? {
            for symbol in index {
                let symbol = symbol.map_err(|error| damaged(&error))?;
                symbols.push((symbol.name(), symbol.offset().0));
            }
        } else {
            symbols = Self::index(&file, bytes)?;
        }
        Ok(Self { bytes, symbols, file })
    }

    fn index(file: &ArchiveFile<'a>, bytes: &'a [u8]) -> Result<Vec<(&'a [u8], u64)>, Error> {
        let mut symbols = Vec::new();
        for member in file.members() {
            let member = member.map_err(|error| damaged(&error))?;
            let Ok(data) = member.data(bytes) else { continue };
            // A member's header is what an index points at; it lies before the data.
            let offset = member.file_range().0.saturating_sub(HEADER);
            if member_at(file, offset).is_some_and(|same| same.1 == member.file_range()) {
                each_global(data, |name, defined, _| {
                    if defined {
                        symbols.push((name, offset));
                    }
                });
            }
        }
        Ok(symbols)
    }

    fn object(&self, offset: u64) -> Option<Object<'a>> {
        let member = self.file.member(ArchiveOffset(offset)).ok()?;
        let bytes = member.data(self.bytes).ok()?;
        Some(Object { name: String::from_utf8_lossy(member.name()).into_owned(), bytes })
    }
}

/// The length of a member's header, `ar_hdr` in `<ar.h>`.
const HEADER: u64 = 60;

fn member_at<'a>(file: &ArchiveFile<'a>, offset: u64) -> Option<(&'a [u8], (u64, u64))> {
    let member = file.member(ArchiveOffset(offset)).ok()?;
    Some((member.name(), member.file_range()))
}

/// The objects, and after them those of the archives that they need, and that those need.
///
/// Where several archives define a symbol, the first one's member is taken. An object that cannot be read needs
/// nothing here: linking it says what is wrong.
pub fn closure<'a>(mut objects: Vec<Object<'a>>, archives: &[Archive<'a>]) -> Vec<Object<'a>> {
    let count = archives.iter().map(|archive| archive.symbols.len()).sum();
    let mut index: HashMap<&[u8], (u32, u64), Names> = HashMap::with_capacity_and_hasher(count, Names);
    for (number, archive) in archives.iter().enumerate() {
        for (name, offset) in &archive.symbols {
            index.entry(name).or_insert((number as u32, *offset));
        }
    }
    let mut search = Search::default();
    for object in &objects {
        search.read(object.bytes);
    }
    while let Some(name) = search.wanted.pop() {
        let Some(&(archive, offset)) = index.get(name).filter(|_| !search.defined.contains_key(name)) else {
            continue;
        };
        if search.taken.insert((archive, offset), ()).is_some() {
            continue;
        }
        if let Some(object) = archives.get(archive as usize).and_then(|archive| archive.object(offset)) {
            search.read(object.bytes);
            objects.push(object);
        }
    }
    objects
}

/// What is known while archives are searched.
#[derive(Default)]
struct Search<'a> {
    defined: HashMap<&'a [u8], (), Names>,
    wanted: Vec<&'a [u8]>,
    taken: HashMap<(u32, u64), (), Names>,
}

impl<'a> Search<'a> {
    fn read(&mut self, object: &'a [u8]) {
        each_global(object, |name, is_definition, is_weak| {
            if is_definition {
                self.defined.insert(name, ());
            } else if !is_weak {
                self.wanted.push(name);
            }
        });
    }
}

/// Calls `see(name, is a definition, is weak)` for every symbol of an object that others can see.
fn each_global<'a>(object: &'a [u8], mut see: impl FnMut(&'a [u8], bool, bool)) {
    let endian = LittleEndian;
    let Ok(header) = FileHeader64::<LittleEndian>::parse(object) else { return };
    let Ok(sections) = header.sections(endian, object) else { return };
    let Ok(symbols) = sections.symbols(endian, object, SHT_SYMTAB) else { return };
    for symbol in symbols.iter().filter(|symbol| symbol.st_bind() != STB_LOCAL) {
        if let Ok(name) = symbols.symbol_name(endian, symbol) {
            see(name, symbol.st_shndx(endian) != SHN_UNDEF, symbol.st_bind() == STB_WEAK);
        }
    }
}

fn parse(archive: &[u8]) -> Result<ArchiveFile<'_>, Error> {
    let file = ArchiveFile::parse(archive).map_err(|error| damaged(&error))?;
    if file.is_thin() {
        return Err(Error::Unsupported("a thin archive does not hold its objects".to_owned()));
    }
    Ok(file)
}

fn damaged(error: &object::read::Error) -> Error {
    Error::Malformed { object: "archive".to_owned(), what: error.to_string() }
}

/// The bytes of an object's sections of a name.
pub fn sections<'a>(object: &Object<'a>, name: &str) -> Result<Vec<&'a [u8]>, Error> {
    let fail = |error: object::read::Error| Error::Malformed {
        object: object.name.clone(),
        what: error.to_string(),
    };
    let endian = LittleEndian;
    let header = FileHeader64::<LittleEndian>::parse(object.bytes).map_err(fail)?;
    let table = header.sections(endian, object.bytes).map_err(fail)?;
    let mut found = Vec::new();
    for section in table.iter() {
        if table.section_name(endian, section).map_err(fail)? == name.as_bytes() {
            found.push(section.data(endian, object.bytes).map_err(fail)?);
        }
    }
    Ok(found)
}
