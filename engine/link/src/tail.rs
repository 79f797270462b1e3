//! What follows the loaded part: functions' names, and the table of sections, for backtraces and debuggers.

use object::elf;

use crate::Error;
use crate::input::{Class, ENDIAN};
use crate::layout::{Layout, Output};
use crate::output::{ENTRY, Pen, RELOCATION, SECTION_HEADER, SYMBOL, SectionTable};
use crate::plan::Plan;
use crate::symbols::Home;

/// Appends functions' names and the section table.
pub(crate) fn append(
    plan: &Plan<'_>,
    layout: &Layout<'_>,
    bytes: &mut Vec<u8>,
) -> Result<SectionTable, Error> {
    let mut tail = Tail { bytes, names: vec![0], headers: vec![[0; SECTION_HEADER as usize]] };
    for output in &layout.outputs {
        tail.header(output.name, &describe(output, layout));
    }
    if plan.options.debug {
        tail.functions(plan, layout);
    }
    tail.finish()
}

/// The fields of `Elf64_Shdr` that differ from zero.
#[derive(Clone, Copy, Default)]
struct Fields {
    kind: u32,
    flags: u32,
    address: u64,
    offset: u64,
    size: u64,
    link: u32,
    info: u32,
    align: u64,
    entry: u64,
}

struct Tail<'b> {
    bytes: &'b mut Vec<u8>,
    names: Vec<u8>,
    headers: Vec<[u8; SECTION_HEADER as usize]>,
}

impl Tail<'_> {
    fn header(&mut self, name: &[u8], fields: &Fields) {
        let mut header = [0; SECTION_HEADER as usize];
        let mut pen = Pen::at(&mut header, 0);
        pen.word(self.names.len() as u32).word(fields.kind).long(fields.flags.into());
        pen.long(fields.address).long(fields.offset).long(fields.size);
        pen.word(fields.link).word(fields.info).long(fields.align).long(fields.entry);
        self.names.extend_from_slice(name);
        self.names.push(0);
        self.headers.push(header);
    }

    /// `.symtab` and `.strtab`, of the functions alone.
    fn functions(&mut self, plan: &Plan<'_>, layout: &Layout<'_>) {
        let mut strings: Vec<u8> = vec![0];
        let padded = self.bytes.len().next_multiple_of(8);
        self.bytes.resize(padded, 0);
        self.bytes.extend_from_slice(&[0; SYMBOL as usize]);
        let code =
            layout.outputs.iter().position(|output| output.class == Class::Code).unwrap_or(0) as u16 + 1;
        for (own, object) in plan.inputs.objects.iter().enumerate() {
            let symbols = object.symbols.symbols().iter().enumerate();
            for (index, raw) in symbols.filter(|(_, raw)| raw.st_type() == elf::STT_FUNC) {
                // Where another object has named it before, the definition is kept in that one's place.
                let number = plan.symbols.canonical[object.first_symbol as usize + index];
                let symbol = &plan.symbols.all[number as usize];
                let Home::Section(section) = symbol.home else { continue };
                if symbol.object as usize != own || !plan.inputs.sections[section as usize].live {
                    continue;
                }
                let Ok(name) = object.name_of(raw) else { continue };
                let mut entry = [0; SYMBOL as usize];
                Pen::at(&mut entry, 0)
                    .word(strings.len() as u32)
                    .byte(elf::STB_LOCAL << 4 | elf::STT_FUNC)
                    .byte(0)
                    .half(code)
                    .long(plan.address(symbol))
                    .long(raw.st_size.get(ENDIAN));
                self.bytes.extend_from_slice(&entry);
                strings.extend_from_slice(name);
                strings.push(0);
            }
        }
        let size = (self.bytes.len() - padded) as u64;
        let link = self.headers.len() as u32 + 1;
        let info = (size / SYMBOL) as u32;
        let symbols = Fields {
            kind: elf::SHT_SYMTAB,
            offset: padded as u64,
            size,
            link,
            info,
            align: 8,
            entry: SYMBOL,
            ..Fields::default()
        };
        self.header(b".symtab", &symbols);
        self.strings(b".strtab", &strings);
    }

    fn strings(&mut self, name: &[u8], strings: &[u8]) {
        let offset = self.bytes.len() as u64;
        self.bytes.extend_from_slice(strings);
        let size = strings.len() as u64;
        self.header(name, &Fields { kind: elf::SHT_STRTAB, offset, size, align: 1, ..Fields::default() });
    }

    fn finish(mut self) -> Result<SectionTable, Error> {
        let names = self.headers.len();
        // Its own name is among the names.
        let mut strings = std::mem::take(&mut self.names);
        self.names = vec![0; strings.len()];
        strings.extend_from_slice(b".shstrtab\0");
        self.strings(b".shstrtab", &strings);
        let padded = self.bytes.len().next_multiple_of(8);
        self.bytes.resize(padded, 0);
        for header in &self.headers {
            self.bytes.extend_from_slice(header);
        }
        let too_many = |_| Error::TooLarge("too many sections".to_owned());
        Ok(SectionTable {
            offset: padded as u64,
            count: u16::try_from(self.headers.len()).map_err(too_many)?,
            names: u16::try_from(names).map_err(too_many)?,
        })
    }
}

fn describe(output: &Output<'_>, layout: &Layout<'_>) -> Fields {
    let number = |class: Class| {
        layout.outputs.iter().position(|output| output.class == class).map_or(0, |index| index as u32 + 1)
    };
    let (kind, link, info, entry) = match output.class {
        Class::Hash => (elf::SHT_HASH, number(Class::Symbols), 0, 4),
        Class::Symbols => (elf::SHT_DYNSYM, number(Class::Strings), 1, SYMBOL),
        Class::Strings => (elf::SHT_STRTAB, 0, 0, 0),
        Class::Relocations => (elf::SHT_RELA, number(Class::Symbols), 0, RELOCATION),
        Class::Dynamic => (elf::SHT_DYNAMIC, number(Class::Strings), 0, ENTRY),
        Class::Start => (elf::SHT_INIT_ARRAY, 0, 0, 8),
        Class::End => (elf::SHT_FINI_ARRAY, 0, 0, 8),
        Class::Zero | Class::ThreadZero => (elf::SHT_NOBITS, 0, 0, 0),
        _ => (elf::SHT_PROGBITS, 0, 0, 0),
    };
    let flags = match output.class {
        Class::Debug | Class::Dropped => 0,
        Class::Code | Class::Stubs => elf::SHF_ALLOC | elf::SHF_EXECINSTR,
        Class::ThreadData | Class::ThreadZero => elf::SHF_ALLOC | elf::SHF_WRITE | elf::SHF_TLS,
        class if class > Class::Stubs => elf::SHF_ALLOC | elf::SHF_WRITE,
        _ => elf::SHF_ALLOC,
    };
    let Output { address, offset, size, align, .. } = *output;
    Fields { kind, flags, address, offset, size, link, info, align, entry }
}
