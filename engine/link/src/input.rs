//! Objects read: their sections with their relocations, borrowed from the objects' bytes, each with a class.

use std::collections::HashMap;

use object::elf::{self, FileHeader64, Rela64, SectionHeader64, Sym64};
use object::read::elf::{FileHeader, SectionHeader, SectionTable, Sym, SymbolTable};
use object::{LittleEndian, SectionIndex};

use crate::names::{Names, Strings};
use crate::{Error, Machine, Object};

pub(crate) const ENDIAN: LittleEndian = LittleEndian;
pub(crate) type Rela = Rela64<LittleEndian>;
pub(crate) type RawSymbol = Sym64<LittleEndian>;
type Header = FileHeader64<LittleEndian>;

/// A larger alignment is no program's, and a few would fill the memory.
const MOST_ALIGNMENT: u64 = 1 << 21;

/// What becomes of a section. The order is the image's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    Hash,
    Symbols,
    Strings,
    Relocations,
    ReadOnly,
    UnwindIndex,
    Unwind,
    Code,
    Stubs,
    ThreadData,
    ThreadZero,
    Start,
    End,
    /// Read-only once it has been relocated.
    Relocated,
    Slots,
    Dynamic,
    Data,
    Zero,
    Debug,
    /// Not in the image.
    Dropped,
}

/// One section of an object.
pub(crate) struct Section<'a> {
    pub(crate) object: u32,
    pub(crate) name: &'a [u8],
    pub(crate) class: Class,
    pub(crate) flags: u64,
    pub(crate) align: u64,
    pub(crate) size: u64,
    /// Empty if the section is all zeros.
    pub(crate) data: &'a [u8],
    pub(crate) relocations: &'a [Rela],
    /// Reached from what must stay.
    pub(crate) live: bool,
    /// Part of a group that another object's copy stands for.
    pub(crate) replaced: bool,
    /// From the image's start; for what is not loaded, from its output's start.
    pub(crate) address: u64,
}

impl Section<'_> {
    /// Whether it is in the loaded image.
    pub(crate) fn is_loaded(&self) -> bool {
        self.class < Class::Debug
    }
}

/// One object.
pub(crate) struct Input<'a> {
    pub(crate) name: &'a str,
    /// The object's first section in [`Inputs::sections`].
    pub(crate) first_section: u32,
    pub(crate) section_count: u32,
    pub(crate) symbols: SymbolTable<'a, Header>,
    /// The symbols' names.
    strings: Strings<'a>,
    /// The object's first symbol among all objects'.
    pub(crate) first_symbol: u32,
}

impl<'a> Input<'a> {
    pub(crate) fn malformed(&self, what: impl ToString) -> Error {
        malformed(self.name, what)
    }

    pub(crate) fn name_of(&self, symbol: &RawSymbol) -> Result<&'a [u8], Error> {
        let name = self.strings.get(symbol.st_name.get(ENDIAN));
        name.ok_or_else(|| self.malformed("a symbol's name lies outside of the names"))
    }

    /// The place in [`Inputs::sections`] of the object's section `index`.
    pub(crate) fn section(&self, index: u32) -> Option<u32> {
        (index < self.section_count).then(|| self.first_section + index)
    }
}

pub(crate) fn malformed(object: &str, what: impl ToString) -> Error {
    Error::Malformed { object: object.to_owned(), what: what.to_string() }
}

/// All objects.
#[derive(Default)]
pub(crate) struct Inputs<'a> {
    pub(crate) objects: Vec<Input<'a>>,
    pub(crate) sections: Vec<Section<'a>>,
    pub(crate) symbol_count: u32,
    /// The objects' bytes.
    pub(crate) bytes: u64,
    groups: HashMap<&'a [u8], (), Names>,
}

impl<'a> Inputs<'a> {
    /// Reads objects for `machine`; keeps debug sections if `debug`.
    pub(crate) fn read(objects: &'a [Object<'a>], machine: Machine, debug: bool) -> Result<Self, Error> {
        let mut inputs = Self::default();
        for object in objects {
            inputs.add(object, machine, debug)?;
        }
        Ok(inputs)
    }

    fn add(&mut self, object: &'a Object<'a>, machine: Machine, debug: bool) -> Result<(), Error> {
        let fail = |error: object::read::Error| malformed(&object.name, error);
        let header = Header::parse(object.bytes).map_err(fail)?;
        if !header.is_little_endian() || header.e_type(ENDIAN) != elf::ET_REL {
            return Err(malformed(&object.name, "it is an ELF file but no relocatable object"));
        }
        if header.e_machine(ENDIAN) != machine.number() {
            return Err(malformed(&object.name, "it is for another processor"));
        }
        let table = header.sections(ENDIAN, object.bytes).map_err(fail)?;
        let symbols = table.symbols(ENDIAN, object.bytes, elf::SHT_SYMTAB).map_err(fail)?;
        let too_many = || Error::TooLarge("too many sections or symbols".to_owned());
        let input = Input {
            name: &object.name,
            first_section: u32::try_from(self.sections.len()).map_err(|_| too_many())?,
            section_count: u32::try_from(table.len()).map_err(|_| too_many())?,
            first_symbol: self.symbol_count,
            strings: strings(&table, symbols.string_section(), object.bytes).map_err(fail)?,
            symbols,
        };
        let count = u32::try_from(input.symbols.len()).map_err(|_| too_many())?;
        self.symbol_count = self.symbol_count.checked_add(count).ok_or_else(too_many)?;
        self.bytes += object.bytes.len() as u64;
        let names = SectionIndex(header.shstrndx(ENDIAN, object.bytes).map_err(fail)? as usize);
        let names = strings(&table, names, object.bytes).map_err(fail)?;
        let number = self.objects.len() as u32;
        let reader = Reader { number, bytes: object.bytes, input: &input, table, names, debug };
        for header in reader.table.iter() {
            self.sections.push(reader.section(header)?);
        }
        let own = input.first_section as usize;
        reader.attach_relocations(&mut self.sections[own..])?;
        reader.drop_replaced(&mut self.groups, &mut self.sections[own..])?;
        self.objects.push(input);
        Ok(())
    }

    pub(crate) fn object_of(&self, section: &Section<'_>) -> &Input<'a> {
        &self.objects[section.object as usize]
    }
}

/// The string table that is a section; an empty one if there is no such section.
fn strings<'a>(
    table: &SectionTable<'a, Header>,
    section: SectionIndex,
    bytes: &'a [u8],
) -> object::read::Result<Strings<'a>> {
    if section.0 == 0 {
        Ok(Strings::default())
    } else {
        Ok(Strings(table.section(section)?.data(ENDIAN, bytes)?))
    }
}

struct Reader<'r, 'a> {
    number: u32,
    bytes: &'a [u8],
    input: &'r Input<'a>,
    table: SectionTable<'a, Header>,
    /// The sections' names.
    names: Strings<'a>,
    debug: bool,
}

impl<'a> Reader<'_, 'a> {
    fn name(&self, header: &SectionHeader64<LittleEndian>) -> Result<&'a [u8], Error> {
        let name = self.names.get(header.sh_name(ENDIAN));
        name.ok_or_else(|| self.input.malformed("a section's name lies outside of the names"))
    }

    fn section(&self, header: &'a SectionHeader64<LittleEndian>) -> Result<Section<'a>, Error> {
        let kind = header.sh_type(ENDIAN);
        // Nobody asks for the names of an object's own tables.
        let is_table = matches!(
            kind,
            elf::SHT_NULL | elf::SHT_SYMTAB | elf::SHT_STRTAB | elf::SHT_RELA | elf::SHT_REL | elf::SHT_GROUP
        );
        let name = if is_table { &[] } else { self.name(header)? };
        let flags = header.sh_flags(ENDIAN);
        let class = if is_table { Class::Dropped } else { class(name, kind, flags, self.debug) };
        let mut section = Section {
            object: self.number,
            name,
            class,
            flags,
            align: 1,
            size: 0,
            data: &[],
            relocations: &[],
            live: false,
            replaced: false,
            address: 0,
        };
        if class == Class::Dropped {
            return Ok(section);
        }
        section.align = header.sh_addralign(ENDIAN).max(1);
        section.size = header.sh_size(ENDIAN);
        section.data = header.data(ENDIAN, self.bytes).map_err(|error| self.input.malformed(error))?;
        if !section.align.is_power_of_two() || section.align > MOST_ALIGNMENT {
            let name = String::from_utf8_lossy(name);
            return Err(self.input.malformed(format!("section {name} has the alignment {}", section.align)));
        }
        let writable_code = u64::from(elf::SHF_EXECINSTR | elf::SHF_WRITE);
        if section.is_loaded() && flags & writable_code == writable_code {
            let name = String::from_utf8_lossy(name);
            return Err(Error::Unsupported(format!("section {name} is both code and writable: not loaded")));
        }
        Ok(section)
    }

    fn attach_relocations(&self, own: &mut [Section<'a>]) -> Result<(), Error> {
        for header in self.table.iter() {
            let kind = header.sh_type(ENDIAN);
            if !matches!(kind, elf::SHT_REL | elf::SHT_RELA | elf::SHT_CREL) {
                continue;
            }
            let target = own.get_mut(header.sh_info(ENDIAN) as usize);
            let target = target.ok_or_else(|| self.input.malformed("relocations for no section"))?;
            if target.class == Class::Dropped {
                continue;
            }
            if kind != elf::SHT_RELA {
                return Err(self.input.malformed("its relocations have no addends, or are compressed"));
            }
            let found = header.data_as_array(ENDIAN, self.bytes);
            let found: &[Rela] = found.map_err(|error| self.input.malformed(error))?;
            if header.sh_link(ENDIAN) as usize != self.input.symbols.section().0 && !found.is_empty() {
                return Err(self.input.malformed("relocations with another symbol table"));
            }
            if !target.relocations.is_empty() {
                return Err(self.input.malformed("two sets of relocations for one section"));
            }
            target.relocations = found;
        }
        Ok(())
    }

    /// Of each COMDAT group, the first object's sections stay.
    fn drop_replaced(
        &self,
        groups: &mut HashMap<&'a [u8], (), Names>,
        own: &mut [Section<'a>],
    ) -> Result<(), Error> {
        for header in self.table.iter().filter(|header| header.sh_type(ENDIAN) == elf::SHT_GROUP) {
            let group = header.group(ENDIAN, self.bytes).map_err(|error| self.input.malformed(error))?;
            let Some((flags, members)) = group else { continue };
            let signature = self.signature(header)?;
            if flags & elf::GRP_COMDAT == 0 || groups.insert(signature, ()).is_none() {
                continue;
            }
            for member in members {
                let section = own.get_mut(member.get(ENDIAN) as usize);
                let section =
                    section.ok_or_else(|| self.input.malformed("a group of a section that is not there"))?;
                section.class = Class::Dropped;
                section.replaced = true;
            }
        }
        Ok(())
    }

    fn signature(&self, header: &SectionHeader64<LittleEndian>) -> Result<&'a [u8], Error> {
        let index = object::SymbolIndex(header.sh_info(ENDIAN) as usize);
        let symbol = self.input.symbols.symbol(index).map_err(|error| self.input.malformed(error))?;
        if symbol.st_type() != elf::STT_SECTION {
            return self.input.name_of(symbol);
        }
        let section = SectionIndex(symbol.st_shndx(ENDIAN).into());
        let named = self.table.section(section).map_err(|error| self.input.malformed(error))?;
        self.name(named)
    }
}

fn class(name: &[u8], kind: u32, flags: u64, debug: bool) -> Class {
    let has = |flag: u32| flags & u64::from(flag) != 0;
    let is = |prefix: &str| is_or_below(name, prefix);
    if has(elf::SHF_EXCLUDE) {
        Class::Dropped
    } else if !has(elf::SHF_ALLOC) {
        // A compressed section would have to be unpacked; only backtraces miss it.
        let wanted = debug && kind == elf::SHT_PROGBITS && !has(elf::SHF_COMPRESSED);
        if wanted && name.starts_with(b".debug_") { Class::Debug } else { Class::Dropped }
    } else if has(elf::SHF_EXECINSTR) && !has(elf::SHF_TLS) {
        Class::Code
    } else if name == b".eh_frame" {
        Class::Unwind
    } else if name.starts_with(b".note.gnu.") {
        Class::Dropped
    } else if has(elf::SHF_TLS) {
        if kind == elf::SHT_NOBITS { Class::ThreadZero } else { Class::ThreadData }
    } else if kind == elf::SHT_INIT_ARRAY
        || kind == elf::SHT_PREINIT_ARRAY
        || is(".init_array")
        || is(".ctors")
    {
        Class::Start
    } else if kind == elf::SHT_FINI_ARRAY || is(".fini_array") || is(".dtors") {
        Class::End
    } else if kind == elf::SHT_NOBITS {
        Class::Zero
    } else if is(".data.rel.ro") {
        Class::Relocated
    } else if has(elf::SHF_WRITE) {
        Class::Data
    } else {
        Class::ReadOnly
    }
}

/// Whether a section's name is `base` or begins with `base` and a dot.
pub(crate) fn is_or_below(name: &[u8], base: &str) -> bool {
    name.strip_prefix(base.as_bytes()).is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
}

/// Whether a section's name is one of C's: then `__start_` and `__stop_` of it are its ends.
pub(crate) fn is_identifier(name: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    name.first().is_some_and(|first| !first.is_ascii_digit()) && name.iter().all(letter)
}
