//! The function and the line of an address in an ELF file, by the file's own symbols and debug information.

use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, SectionHeader};
use object::{LittleEndian, SectionIndex};

use crate::error::demangle;
use crate::input::ENDIAN;
use crate::lines::{self, Line, Tables};
use crate::names::Strings;

/// What stands at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbolized {
    /// The function's name in the source.
    pub function: Option<String>,
    /// The line.
    pub line: Option<Line>,
}

/// Finds what stands at `address`, counted as the file's headers count. Damaged files tell nothing.
pub fn symbolize(file: &[u8], address: u64) -> Symbolized {
    symbolize_where(file, address, &|_| true)
}

/// The same with the line of the code that is wanted: what was inlined there has lines of its own, which may not be.
pub fn symbolize_where(file: &[u8], address: u64, is_wanted: &dyn Fn(&Line) -> bool) -> Symbolized {
    let function = function(file, address);
    let start = function.map_or(address, |(_, start)| start);
    Symbolized {
        function: function.map(|(name, _)| demangle(name)),
        line: line(file, address, start, is_wanted),
    }
}

/// A function's name and where it begins.
fn function(file: &[u8], address: u64) -> Option<(&[u8], u64)> {
    let table = FileHeader64::<LittleEndian>::parse(file).ok()?.sections(ENDIAN, file).ok()?;
    let symbols = table.symbols(ENDIAN, file, elf::SHT_SYMTAB).ok()?;
    let names = table.section(symbols.string_section()).ok()?.data(ENDIAN, file).ok()?;
    let holds = |symbol: &&elf::Sym64<LittleEndian>| {
        let from_start = address.checked_sub(symbol.st_value.get(ENDIAN));
        symbol.st_type() == elf::STT_FUNC && from_start.is_some_and(|at| at < symbol.st_size.get(ENDIAN))
    };
    let found = symbols.iter().find(holds)?;
    Some((Strings(names).get(found.st_name.get(ENDIAN))?, found.st_value.get(ENDIAN)))
}

fn line(file: &[u8], address: u64, start: u64, is_wanted: &dyn Fn(&Line) -> bool) -> Option<Line> {
    let header = FileHeader64::<LittleEndian>::parse(file).ok()?;
    let table = header.sections(ENDIAN, file).ok()?;
    let names = SectionIndex(header.shstrndx(ENDIAN, file).ok()? as usize);
    let names = Strings(table.section(names).ok()?.data(ENDIAN, file).ok()?);
    let mut found = Tables::default();
    for section in table.iter().filter(|section| section.sh_type(ENDIAN) == elf::SHT_PROGBITS) {
        let place = match names.get(section.sh_name(ENDIAN)) {
            Some(b".debug_line") => &mut found.lines,
            Some(b".debug_line_str") => &mut found.line_strings,
            Some(b".debug_str") => &mut found.strings,
            _ => continue,
        };
        *place = section.data(ENDIAN, file).unwrap_or_default();
    }
    lines::find(found, address, start, is_wanted)
}
