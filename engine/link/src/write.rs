//! Fills the image: sections copied, relocations applied, and everything that the system's loader is told.

use object::elf;

use crate::dynamic::Tables;
use crate::eh_frame::Unwind;
use crate::image::{Binding, Export, Image, Import};
use crate::input::{Class, ENDIAN, Rela, Section};
use crate::layout::{Layout, Segment};
use crate::output::{self, Pen, RELOCATION};
use crate::plan::{Plan, Slot, SlotKind};
use crate::relocate::{self, Need, Values, Wrong};
use crate::symbols::{Home, NONE, Symbol};
use crate::{Error, tail};

/// Writes the image.
pub(crate) fn write(
    plan: &Plan<'_>,
    layout: &Layout<'_>,
    unwind: &Unwind,
    tables: &Tables,
) -> Result<Image, Error> {
    let mut writer = Writer {
        plan,
        layout,
        bytes: vec![0; layout.file_size as usize],
        relative: Vec::with_capacity(plan.dynamic_relocations),
        symbolic: Vec::new(),
        resolvers: Vec::new(),
        debug_words: Vec::new(),
        table: layout.address(Class::Slots),
        stub_table: layout.address(Class::Stubs),
    };
    writer.sections()?;
    writer.slots()?;
    writer.stubs()?;
    writer.unwind_table(unwind)?;
    writer.check_called()?;
    let bindings = writer.dynamic_relocations();
    let relative = writer.relative.len() as u64;
    let Writer { mut bytes, debug_words, .. } = writer;
    tables.write(plan, layout, relative, &mut bytes);
    let parts = output::Parts {
        dynamic: part(layout, Class::Dynamic, elf::PF_R | elf::PF_W, 8),
        unwind: part(layout, Class::UnwindIndex, elf::PF_R, 4),
        relocated: layout.relocated(),
    };
    output::write_program_headers(&mut bytes, layout, &parts);
    let sections = tail::append(plan, layout, &mut bytes)?;
    output::write_header(&mut bytes, plan.machine(), sections);
    Ok(finish(plan, layout, tables, Filled { bytes, bindings, debug_words }))
}

fn part(layout: &Layout<'_>, class: Class, flags: u32, align: u64) -> Segment {
    let Some(output) = layout.output(class) else { return Segment::default() };
    let end = output.address + output.size;
    Segment { flags, start: output.address, file_end: end, end, align }
}

struct Filled {
    bytes: Vec<u8>,
    bindings: Vec<Binding>,
    debug_words: Vec<u32>,
}

fn finish(plan: &Plan<'_>, layout: &Layout<'_>, tables: &Tables, filled: Filled) -> Image {
    let mut text = Vec::new();
    let mut keep = |bytes: &[u8]| {
        let start = text.len();
        text.extend_from_slice(bytes);
        start..text.len()
    };
    let strings = layout.address(Class::Strings);
    let imports = plan.imports.iter().enumerate().map(|(index, import)| {
        let symbol = &plan.symbols.all[import.symbol as usize];
        let section = &plan.inputs.sections[import.section as usize];
        let start = (strings + u64::from(tables.import_name(index))) as usize;
        Import {
            name: start..start + symbol.name.len(),
            weak: symbol.weak,
            thread_local: import.thread_local,
            object: keep(plan.inputs.object_of(section).name.as_bytes()),
            section: keep(section.name),
            offset: import.offset,
            address: section.address.wrapping_add(import.offset),
        }
    });
    let imports = imports.collect();
    let exports = plan.exports.iter().map(|export| {
        let symbol = &plan.symbols.all[*export as usize];
        Export { name: String::from_utf8_lossy(symbol.name).into_owned(), address: plan.address(symbol) }
    });
    let mut exports: Vec<Export> = exports.collect();
    exports.sort_unstable_by(|first, second| first.name.cmp(&second.name));
    let debug = |name: &[u8]| {
        let output = layout.outputs.iter().find(|output| output.class == Class::Debug && output.name == name);
        output.map_or(0..0, |output| output.offset as usize..(output.offset + output.size) as usize)
    };
    Image {
        lines: [b".debug_line".as_slice(), b".debug_line_str", b".debug_str"].map(debug),
        name: plan.options.name.to_owned(),
        bytes: filled.bytes,
        needed: plan.options.needed.to_vec(),
        imports,
        text,
        bindings: filled.bindings,
        exports,
        debug_words: filled.debug_words,
        align: layout.segments.iter().map(|segment| segment.align).max().unwrap_or(1),
        memory: layout.segments.last().map_or(0, |segment| segment.end),
    }
}

/// A relocation that the system's loader carries out.
#[derive(Clone, Copy)]
struct Dynamic {
    at: u64,
    kind: u32,
    /// [`NONE`] for this image itself.
    import: u32,
    addend: i64,
}

struct Writer<'w, 'a> {
    plan: &'w Plan<'a>,
    layout: &'w Layout<'a>,
    bytes: Vec<u8>,
    relative: Vec<Dynamic>,
    symbolic: Vec<Dynamic>,
    resolvers: Vec<Dynamic>,
    debug_words: Vec<u32>,
    /// The slot table's address.
    table: u64,
    /// The stubs' address.
    stub_table: u64,
}

/// Where bytes of a section go: their offset in the image and their address in it.
#[derive(Clone, Copy)]
struct Target {
    offset: u64,
    address: u64,
}

impl Writer<'_, '_> {
    fn sections(&mut self) -> Result<(), Error> {
        for output in &self.layout.outputs {
            for member in &output.members {
                let section = &self.plan.inputs.sections[*member as usize];
                if output.class == Class::Debug {
                    self.debug_section(section, output.offset + section.address, output.name)?;
                    continue;
                }
                let target = Target { offset: section.address, address: section.address };
                Pen::at(&mut self.bytes, section.address).bytes(section.data);
                for relocation in section.relocations {
                    self.relocation(section, relocation, section.data.len() as u64, target)?;
                }
            }
        }
        Ok(())
    }

    /// Applies a relocation at `target` plus its own offset; `length` bytes there are the section's.
    fn relocation(
        &mut self,
        section: &Section<'_>,
        relocation: &Rela,
        length: u64,
        target: Target,
    ) -> Result<u64, Error> {
        let kind = relocation.r_type(ENDIAN, false);
        let offset = relocation.r_offset.get(ENDIAN);
        let number = self.plan.symbol_of(section, relocation.r_sym(ENDIAN, false))?;
        let symbol = &self.plan.symbols.all[number as usize];
        let refuse = |wrong: Wrong| self.plan.refuse(section, (kind, offset), symbol, wrong.sentence());
        if offset >= length {
            return Err(refuse(Wrong::Outside));
        }
        let need = relocate::need(self.plan.machine(), kind).unwrap_or(Need::Nothing);
        let addend = relocation.r_addend.get(ENDIAN);
        let place = target.address + offset;
        let values = Values { place, addend, ..self.values(section, (kind, offset), symbol, need)? };
        let start = (target.offset + offset) as usize;
        let end = (target.offset + length) as usize;
        let field = self.bytes.get_mut(start..end).unwrap_or_default();
        relocate::apply(self.plan.machine(), kind, field, &values).map_err(refuse)?;
        if need == Need::Word {
            self.word(place, symbol, addend);
        }
        Ok(values.symbol.wrapping_add_signed(addend))
    }

    fn values(
        &self,
        section: &Section<'_>,
        at: (u32, u64),
        symbol: &Symbol<'_>,
        need: Need,
    ) -> Result<Values, Error> {
        let table = self.table;
        let mut values =
            Values { symbol: self.plan.address(symbol), table, size: symbol.size, ..Values::default() };
        let slots = self.plan.known_slots(symbol);
        let slot = |word: u32| table + 8 * u64::from(word);
        match need {
            Need::Call | Need::Near => {
                if let Some(slots) = slots.filter(|slots| slots.stub != NONE) {
                    values.symbol = self.stub_address(slots.stub);
                }
            }
            Need::Slot(SlotKind::Module) => values.slot = slot(self.plan.module),
            Need::Slot(kind) => {
                let word = slots.map_or(0, |slots| match kind {
                    SlotKind::Address => slots.address,
                    SlotKind::General => slots.general,
                    SlotKind::Initial => slots.initial,
                    SlotKind::Descriptor | SlotKind::Module => slots.descriptor,
                });
                values.slot = slot(word);
            }
            Need::ThreadOffset => {
                let found = self.thread_offset(symbol);
                let reason = "its target is no thread-local of these objects";
                values.thread = found.ok_or_else(|| self.plan.refuse(section, at, symbol, reason))?;
            }
            _ => {}
        }
        Ok(values)
    }

    fn stub_address(&self, stub: u32) -> u64 {
        self.stub_table + u64::from(stub) * self.plan.machine().stub()
    }

    /// The offset of one of the image's thread-locals in its block.
    fn thread_offset(&self, symbol: &Symbol<'_>) -> Option<u64> {
        let inside = match symbol.home {
            Home::Section(section) => {
                let class = self.plan.inputs.sections[section as usize].class;
                matches!(class, Class::ThreadData | Class::ThreadZero)
            }
            Home::Image => symbol.kind == elf::STT_TLS,
            _ => false,
        };
        inside.then(|| self.plan.address(symbol).wrapping_sub(self.layout.thread.start))
    }

    /// A word that holds an address.
    fn word(&mut self, at: u64, symbol: &Symbol<'_>, addend: i64) {
        let dynamic = self.plan.machine().dynamic();
        let import = self.plan.known_slots(symbol).map_or(NONE, |slots| slots.import);
        let value = self.plan.address(symbol).wrapping_add_signed(addend) as i64;
        match symbol.home {
            Home::Absolute => {}
            Home::Nowhere => self.symbolic.push(Dynamic { at, kind: dynamic.word, import, addend }),
            _ if symbol.is_resolver() => {
                self.resolvers.push(Dynamic { at, kind: dynamic.resolver, import: NONE, addend: value });
            }
            _ => self.relative.push(Dynamic { at, kind: dynamic.relative, import: NONE, addend: value }),
        }
    }

    fn slots(&mut self) -> Result<(), Error> {
        for slot in &self.plan.table {
            self.slot(slot)?;
        }
        Ok(())
    }

    fn slot(&mut self, slot: &Slot) -> Result<(), Error> {
        let dynamic = self.plan.machine().dynamic();
        let symbol = &self.plan.symbols.all[slot.symbol as usize];
        let at = self.table + 8 * u64::from(slot.word);
        let import = self.plan.known_slots(symbol).map_or(NONE, |slots| slots.import);
        if slot.kind == SlotKind::Address {
            Pen::at(&mut self.bytes, at).long(self.plan.address(symbol));
            self.word(at, symbol, 0);
            return Ok(());
        }
        if slot.kind == SlotKind::Module {
            self.symbolic.push(Dynamic { at, kind: dynamic.module, import: NONE, addend: 0 });
            return Ok(());
        }
        let offset = if import == NONE {
            let reason =
                || format!("`{}` is used as a thread-local and is none", crate::error::demangle(symbol.name));
            self.thread_offset(symbol).ok_or_else(|| Error::Unsupported(reason()))? as i64
        } else {
            0
        };
        match slot.kind {
            SlotKind::Initial => {
                self.symbolic.push(Dynamic { at, kind: dynamic.initial, import, addend: offset });
            }
            SlotKind::Descriptor => {
                self.symbolic.push(Dynamic { at, kind: dynamic.descriptor, import, addend: offset });
            }
            _ => {
                self.symbolic.push(Dynamic { at, kind: dynamic.module, import, addend: 0 });
                if import == NONE {
                    Pen::at(&mut self.bytes, at + 8).long(offset as u64);
                } else {
                    self.symbolic.push(Dynamic { at: at + 8, kind: dynamic.offset, import, addend: 0 });
                }
            }
        }
        Ok(())
    }

    fn stubs(&mut self) -> Result<(), Error> {
        let size = self.plan.machine().stub() as usize;
        for (index, symbol) in self.plan.stubs.iter().enumerate() {
            let symbol = &self.plan.symbols.all[*symbol as usize];
            let word = self.plan.known_slots(symbol).map_or(0, |slots| slots.address);
            let slot = self.table + 8 * u64::from(word);
            let place = self.stub_address(index as u32);
            let start = place as usize;
            let stub = self.bytes.get_mut(start..start + size).unwrap_or_default();
            relocate::write_stub(self.plan.machine(), stub, place, slot)
                .map_err(|wrong| Error::TooLarge(wrong.sentence()))?;
        }
        Ok(())
    }

    /// Debug information is not loaded, so nothing is asked of the system's loader for it.
    fn debug_section(&mut self, section: &Section<'_>, offset: u64, name: &[u8]) -> Result<(), Error> {
        Pen::at(&mut self.bytes, offset).bytes(section.data);
        // Zero ends a list of ranges.
        let nowhere = u64::from(name == b".debug_ranges" || name == b".debug_loc");
        for relocation in section.relocations {
            let kind = relocation.r_type(ENDIAN, false);
            let at = relocation.r_offset.get(ENDIAN);
            let number = self.plan.symbol_of(section, relocation.r_sym(ENDIAN, false))?;
            let symbol = &self.plan.symbols.all[number as usize];
            let refuse = |wrong: Wrong| self.plan.refuse(section, (kind, at), symbol, wrong.sentence());
            if at >= section.data.len() as u64 {
                return Err(refuse(Wrong::Outside));
            }
            let (target, is_loaded) = match symbol.home {
                Home::Section(target) => {
                    let target = &self.plan.inputs.sections[target as usize];
                    (target.live.then(|| self.plan.address(symbol)), target.is_loaded())
                }
                Home::Image => (Some(symbol.value), true),
                _ => (None, false),
            };
            let addend = if target.is_some() { relocation.r_addend.get(ENDIAN) } else { 0 };
            let thread = self.thread_offset(symbol).filter(|_| target.is_some()).unwrap_or(0);
            let values = Values { symbol: target.unwrap_or(nowhere), addend, thread, ..Values::default() };
            let start = (offset + at) as usize;
            let end = offset as usize + section.data.len();
            let field = self.bytes.get_mut(start..end).unwrap_or_default();
            relocate::apply(self.plan.machine(), kind, field, &values).map_err(refuse)?;
            let is_word = relocate::need(self.plan.machine(), kind) == Some(Need::Word);
            if is_word && is_loaded && target.is_some() {
                self.debug_words.push(start as u32);
            }
        }
        Ok(())
    }

    fn unwind_table(&mut self, unwind: &Unwind) -> Result<(), Error> {
        let base = self.layout.address(Class::Unwind);
        let mut functions = Vec::with_capacity(unwind.functions as usize);
        let mut end = 0;
        for (number, record) in self.plan.records.all.iter().enumerate() {
            let at = unwind.at[number];
            // A CIE that equals an earlier one has that one's place.
            if at == NONE || at < end {
                continue;
            }
            let section = &self.plan.inputs.sections[record.section as usize];
            let data = &section.data[record.bytes.start as usize..record.bytes.end as usize];
            end = at + data.len() as u32;
            let at = base + u64::from(at);
            Pen::at(&mut self.bytes, at).bytes(data);
            if record.common != NONE {
                let common = base + u64::from(unwind.at[record.common as usize]);
                Pen::at(&mut self.bytes, at + 4).word((at + 4 - common) as u32);
            }
            // Offsets of relocations count from the section's start.
            let start = at.wrapping_sub(u64::from(record.bytes.start));
            let target = Target { offset: start, address: start };
            let mut begin = None;
            for relocation in &section.relocations[record.relocations.clone()] {
                let value = self.relocation(section, relocation, u64::from(record.bytes.end), target)?;
                begin = begin.or(Some(value));
            }
            if let Some(begin) = begin.filter(|_| record.common != NONE) {
                functions.push((begin, at));
            }
        }
        if unwind.size > 0 {
            functions.sort_unstable();
            self.unwind_index(&functions);
        }
        Ok(())
    }

    /// The Linux Standard Base's `.eh_frame_hdr`.
    fn unwind_index(&mut self, functions: &[(u64, u64)]) {
        const VERSION: u8 = 1;
        const RELATIVE_TO_FIELD: u8 = 0x1b;
        const COUNT: u8 = 0x03;
        const RELATIVE_TO_INDEX: u8 = 0x3b;
        let index = self.layout.address(Class::UnwindIndex);
        let table = self.layout.address(Class::Unwind);
        let mut pen = Pen::at(&mut self.bytes, index);
        pen.byte(VERSION).byte(RELATIVE_TO_FIELD).byte(COUNT).byte(RELATIVE_TO_INDEX);
        pen.word(table.wrapping_sub(index + 4) as u32).word(functions.len() as u32);
        for (function, record) in functions {
            pen.word(function.wrapping_sub(index) as u32).word(record.wrapping_sub(index) as u32);
        }
    }

    /// The system's loader calls every word of the arrays of initialisers, and every resolver: so each must be the
    /// address of code, or an import's.
    fn check_called(&self) -> Result<(), Error> {
        let code = self.layout.segment(elf::PF_R | elf::PF_X).copied().unwrap_or_default();
        let is_code = |word: &&Dynamic| (code.start..code.end).contains(&(word.addend as u64));
        if !self.resolvers.iter().all(|word| is_code(&word)) {
            return Err(Error::Unsupported("a resolver of an indirect function is not code".to_owned()));
        }
        for output in self.layout.outputs.iter().filter(|o| matches!(o.class, Class::Start | Class::End)) {
            let range = output.address..output.address + output.size;
            let words = self.relative.iter().filter(|word| range.contains(&word.at)).filter(is_code);
            let imports = self.symbolic.iter().filter(|word| range.contains(&word.at));
            let mut places: Vec<u64> = words.chain(imports).map(|word| word.at - output.address).collect();
            places.sort_unstable();
            let each = (0..output.size).step_by(8);
            if !output.size.is_multiple_of(8) || !places.into_iter().eq(each) {
                return Err(Error::Unsupported("an initialiser is not the address of code".to_owned()));
            }
        }
        Ok(())
    }

    /// Writes `.rela.dyn`: what needs no symbol first, resolvers last; the rest of the room stays without effect.
    fn dynamic_relocations(&mut self) -> Vec<Binding> {
        let table = self.layout.address(Class::Relocations);
        let mut pen = Pen::at(&mut self.bytes, table);
        let mut bindings = Vec::new();
        let word = [self.plan.machine().dynamic().word, self.plan.machine().dynamic().address];
        let all = self.relative.iter().chain(&self.symbolic).chain(&self.resolvers);
        for (index, dynamic) in all.enumerate() {
            let symbol = if dynamic.import == NONE { 0 } else { u64::from(dynamic.import) + 1 };
            pen.long(dynamic.at).long(symbol << 32 | u64::from(dynamic.kind)).long(dynamic.addend as u64);
            if symbol != 0 && word.contains(&dynamic.kind) {
                let relocation = table + index as u64 * RELOCATION;
                let Dynamic { at, import, addend, .. } = *dynamic;
                bindings.push(Binding { import, at, addend, relocation });
            }
        }
        bindings
    }
}
