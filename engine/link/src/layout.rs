//! Addresses: sections gathered into outputs, outputs into segments, each segment on pages of its own.

use std::collections::HashMap;

use object::elf;

use crate::dynamic::Tables;
use crate::eh_frame::Unwind;
use crate::input::{Class, is_identifier, is_or_below};
use crate::names::Names;
use crate::plan::{Boundary, Plan};
use crate::symbols::{Home, Symbol};
use crate::{Error, output};

/// Distances of 32 bits must reach all of the image.
const MOST_MEMORY: u64 = 0x7000_0000;
/// The image may be this much larger than what it is made of.
const MOST_PADDING: u64 = 64 << 20;
/// More sections of different names than any compiler writes.
const MOST_OUTPUTS: usize = 10_000;
/// Program headers: four segments, and what is in them.
pub(crate) const HEADERS: u64 = 9;

/// Sections of one kind, one after the other.
pub(crate) struct Output<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) class: Class,
    pub(crate) align: u64,
    /// From the image's start; zero for what is not loaded.
    pub(crate) address: u64,
    /// In the image's file.
    pub(crate) offset: u64,
    pub(crate) size: u64,
    pub(crate) members: Vec<u32>,
}

/// A range of addresses with one protection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Segment {
    pub(crate) flags: u32,
    pub(crate) start: u64,
    pub(crate) file_end: u64,
    pub(crate) end: u64,
    pub(crate) align: u64,
}

/// Where everything is.
#[derive(Default)]
pub(crate) struct Layout<'a> {
    pub(crate) outputs: Vec<Output<'a>>,
    pub(crate) segments: Vec<Segment>,
    /// The thread-local block: its template is its start, the rest is zeros.
    pub(crate) thread: Segment,
    pub(crate) file_size: u64,
}

impl<'a> Layout<'a> {
    pub(crate) fn output(&self, class: Class) -> Option<&Output<'a>> {
        self.outputs.iter().find(|output| output.class == class)
    }

    /// The address of the first output of a class; zero if there is none.
    pub(crate) fn address(&self, class: Class) -> u64 {
        self.output(class).map_or(0, |output| output.address)
    }

    /// The segment that the system's loader makes read-only when it has relocated it.
    pub(crate) fn relocated(&self) -> Segment {
        let writable = self.segment(elf::PF_R | elf::PF_W).copied().unwrap_or_default();
        let dynamic = self.address(Class::Dynamic);
        if (writable.start..writable.end).contains(&dynamic) {
            Segment { flags: elf::PF_R, align: 1, ..writable }
        } else {
            Segment::default()
        }
    }

    pub(crate) fn segment(&self, flags: u32) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.flags == flags)
    }
}

/// Gives every live section, common symbol and boundary its address.
pub(crate) fn lay_out<'a>(
    plan: &mut Plan<'a>,
    unwind: &Unwind,
    tables: &Tables,
) -> Result<Layout<'a>, Error> {
    let mut layout = Layout { outputs: gather(plan, unwind, tables)?, ..Layout::default() };
    let mut cursor = output::HEADER + HEADERS * output::PROGRAM_HEADER;
    for part in PARTS {
        cursor = place_segment(plan, &mut layout, part, cursor)?;
    }
    place_debug(plan, &mut layout)?;
    let allowed = plan.inputs.bytes.saturating_mul(2).saturating_add(MOST_PADDING);
    if layout.file_size > allowed {
        return Err(Error::TooLarge(format!("{} bytes, mostly of padding", layout.file_size)));
    }
    define_boundaries(plan, &layout);
    Ok(layout)
}

/// One segment: its protection and the classes in it.
struct Part {
    flags: u32,
    classes: std::ops::RangeInclusive<Class>,
}

const PARTS: [Part; 4] = [
    Part { flags: elf::PF_R, classes: Class::Hash..=Class::Unwind },
    Part { flags: elf::PF_R | elf::PF_X, classes: Class::Code..=Class::Stubs },
    // Writable until the system's loader has relocated it.
    Part { flags: elf::PF_R | elf::PF_W, classes: Class::ThreadData..=Class::Dynamic },
    Part { flags: elf::PF_R | elf::PF_W, classes: Class::Data..=Class::Zero },
];

fn gather<'a>(plan: &mut Plan<'a>, unwind: &Unwind, tables: &Tables) -> Result<Vec<Output<'a>>, Error> {
    let mut outputs: Vec<Output<'a>> = Vec::new();
    let mut known: HashMap<(u32, &[u8]), usize, Names> = HashMap::default();
    for (number, section) in plan.inputs.sections.iter().enumerate().filter(|(_, section)| section.live) {
        if section.class == Class::Unwind || section.class == Class::Dropped {
            continue;
        }
        let name = output_name(section.class, section.name);
        let index = *known.entry((section.class as u32, name)).or_insert(outputs.len());
        if index == outputs.len() {
            outputs.push(Output::new(section.class, name, 1, 0));
        }
        let output = &mut outputs[index];
        output.align = output.align.max(section.align);
        output.members.push(number as u32);
    }
    if outputs.len() > MOST_OUTPUTS {
        return Err(Error::TooLarge("too many sections of different names".to_owned()));
    }
    let words = u64::from(plan.table_words).max(1) * 8;
    let stubs = plan.stubs.len() as u64 * plan.machine().stub();
    outputs.extend([
        Output::new(Class::Hash, b".hash", 8, tables.hash_size()),
        Output::new(Class::Symbols, b".dynsym", 8, tables.symbols_size()),
        Output::new(Class::Strings, b".dynstr", 1, tables.strings.len() as u64),
        Output::new(
            Class::Relocations,
            b".rela.dyn",
            8,
            plan.dynamic_relocations as u64 * output::RELOCATION,
        ),
        Output::new(Class::UnwindIndex, b".eh_frame_hdr", 4, unwind.index_size()),
        Output::new(Class::Unwind, b".eh_frame", 8, unwind.size),
        Output::new(Class::Stubs, b".plt", 16, stubs),
        Output::new(Class::Slots, b".got", 8, words),
        Output::new(Class::Dynamic, b".dynamic", 8, tables.dynamic_size()),
    ]);
    // Common symbols have no section: theirs is the end of `.bss`.
    let commons =
        !plan.commons.is_empty() && !outputs.iter().any(|o| o.class == Class::Zero && o.name == b".bss");
    if commons {
        outputs.push(Output::new(Class::Zero, b".bss", 1, 0));
    }
    outputs.retain(|output| output.size > 0 || !output.members.is_empty() || output.class == Class::Zero);
    outputs.sort_by_key(|output| output.class);
    Ok(outputs)
}

impl<'a> Output<'a> {
    fn new(class: Class, name: &'a [u8], align: u64, size: u64) -> Self {
        Self { name, class, align, address: 0, offset: 0, size, members: Vec::new() }
    }
}

fn output_name(class: Class, name: &[u8]) -> &[u8] {
    match class {
        Class::ThreadData => b".tdata",
        Class::ThreadZero => b".tbss",
        Class::Start => b".init_array",
        Class::End => b".fini_array",
        Class::Debug => name,
        _ if is_identifier(name) => name,
        Class::Code => b".text",
        Class::ReadOnly if is_or_below(name, ".gcc_except_table") => b".gcc_except_table",
        Class::ReadOnly => b".rodata",
        Class::Relocated => b".data.rel.ro",
        Class::Data => b".data",
        _ => b".bss",
    }
}

fn place_segment<'a>(
    plan: &mut Plan<'a>,
    layout: &mut Layout<'a>,
    part: Part,
    mut cursor: u64,
) -> Result<u64, Error> {
    let page = plan.machine().page();
    let inside = |output: &Output<'_>| part.classes.contains(&output.class);
    let align = layout.outputs.iter().filter(|output| inside(output)).map(|output| output.align).max();
    let Some(align) = align.map(|align| align.max(page)) else { return Ok(cursor) };
    // The first segment holds the file's head.
    let start = if layout.segments.is_empty() { 0 } else { align_up(cursor, align)? };
    cursor = cursor.max(start);
    let is_thread = |output: &Output<'_>| matches!(output.class, Class::ThreadData | Class::ThreadZero);
    let thread_align =
        layout.outputs.iter().filter(|output| is_thread(output)).map(|output| output.align).max();
    let mut file_end = cursor;
    let mut thread_end = 0;
    let Layout { outputs, thread, .. } = layout;
    for output in outputs.iter_mut().filter(|output| part.classes.contains(&output.class)) {
        if is_thread(output) && thread.align == 0 {
            let align = thread_align.unwrap_or(1);
            cursor = align_up(cursor, align)?;
            *thread = Segment { flags: elf::PF_R, start: cursor, file_end: cursor, end: cursor, align };
            thread_end = cursor;
        }
        // Zeros of thread-locals take no room here: every thread has its own.
        let from = if output.class == Class::ThreadZero { thread_end } else { cursor };
        let end = place(plan, output, from)?;
        if is_thread(output) {
            thread_end = end;
            thread.end = end;
        }
        if output.class != Class::ThreadZero {
            cursor = end;
        }
        if output.class == Class::ThreadData {
            thread.file_end = end;
        }
        if !matches!(output.class, Class::Zero | Class::ThreadZero) {
            file_end = cursor;
        }
    }
    if *part.classes.end() == Class::Dynamic {
        // The pages that become read-only hold nothing else.
        cursor = align_up(cursor, page)?;
        file_end = cursor;
    }
    layout.segments.push(Segment { flags: part.flags, start, file_end, end: cursor, align });
    layout.file_size = file_end;
    Ok(cursor)
}

/// Gives an output and its members their addresses; gives its end.
fn place(plan: &mut Plan<'_>, output: &mut Output<'_>, from: u64) -> Result<u64, Error> {
    let mut cursor = align_up(from, output.align)?;
    output.address = cursor;
    output.offset = cursor;
    if matches!(output.class, Class::Start | Class::End) {
        let sections = &plan.inputs.sections;
        output.members.sort_by_key(|member| priority(sections[*member as usize].name));
    }
    for member in &output.members {
        let section = &mut plan.inputs.sections[*member as usize];
        // A gap among pointers to initialisers would be called.
        let align = if matches!(output.class, Class::Start | Class::End) { 8 } else { section.align };
        cursor = align_up(cursor, align)?;
        section.address = cursor;
        cursor = within(cursor.checked_add(section.size))?;
    }
    if output.members.is_empty() {
        cursor = within(cursor.checked_add(output.size))?;
    }
    if output.class == Class::Zero && output.name == b".bss" {
        cursor = place_commons(plan, output, cursor)?;
    }
    output.size = cursor - output.address;
    Ok(cursor)
}

fn place_commons(plan: &mut Plan<'_>, output: &mut Output<'_>, mut cursor: u64) -> Result<u64, Error> {
    for number in std::mem::take(&mut plan.commons) {
        let symbol = &mut plan.symbols.all[number as usize];
        let align = symbol.value.clamp(1, plan.options.machine.page());
        cursor = align_up(cursor, align)?;
        *symbol = Symbol { home: Home::Image, value: cursor, ..*symbol };
        output.align = output.align.max(align);
        cursor = within(cursor.checked_add(symbol.size))?;
    }
    Ok(cursor)
}

fn place_debug(plan: &mut Plan<'_>, layout: &mut Layout<'_>) -> Result<(), Error> {
    let mut cursor = layout.file_size;
    for output in layout.outputs.iter_mut().filter(|output| output.class == Class::Debug) {
        cursor = align_up(cursor, output.align)?;
        output.offset = cursor;
        let mut size: u64 = 0;
        for member in &output.members {
            let section = &mut plan.inputs.sections[*member as usize];
            size = align_up(size, section.align)?;
            section.address = size;
            size = within(size.checked_add(section.size))?;
        }
        output.size = size;
        cursor = within(cursor.checked_add(size))?;
    }
    layout.file_size = cursor;
    Ok(())
}

/// Initialisers run in the order of their numbers, and those without one last.
fn priority(name: &[u8]) -> u32 {
    let number = |rest: &[u8]| std::str::from_utf8(rest).ok().and_then(|rest| rest.parse::<u32>().ok());
    if name == b".preinit_array" {
        return 0;
    }
    for base in [b".init_array.".as_slice(), b".fini_array."] {
        if let Some(number) = name.strip_prefix(base).and_then(number) {
            return number.saturating_add(1).min(65_536);
        }
    }
    for base in [b".ctors.".as_slice(), b".dtors."] {
        if let Some(number) = name.strip_prefix(base).and_then(number) {
            return 65_536_u32.saturating_sub(number).max(1);
        }
    }
    65_537
}

fn define_boundaries(plan: &mut Plan<'_>, layout: &Layout<'_>) {
    let end_of = |class: Class| {
        let last = layout.outputs.iter().rfind(|output| output.class <= class && output.class < Class::Debug);
        last.map_or(0, |output| output.address + output.size)
    };
    let named =
        |name: &[u8]| layout.outputs.iter().find(|output| output.name == name && output.class < Class::Debug);
    for (number, boundary) in &plan.boundaries {
        let value = match boundary {
            Boundary::Image => 0,
            Boundary::Slots => layout.address(Class::Slots),
            Boundary::Dynamic => layout.address(Class::Dynamic),
            Boundary::ThreadLocals => layout.thread.start,
            Boundary::CodeEnd => end_of(Class::Stubs),
            Boundary::DataEnd => end_of(Class::Data),
            Boundary::ImageEnd => end_of(Class::Zero),
            Boundary::Start(name) => named(name).map_or(0, |output| output.address),
            Boundary::Stop(name) => named(name).map_or(0, |output| output.address + output.size),
        };
        plan.symbols.all[*number as usize].value = value;
    }
}

fn align_up(value: u64, align: u64) -> Result<u64, Error> {
    within(value.checked_next_multiple_of(align))
}

fn within(value: Option<u64>) -> Result<u64, Error> {
    value.filter(|value| *value <= MOST_MEMORY).ok_or_else(|| {
        Error::TooLarge(format!(
            "more than {} MiB, so that parts would be out of each other's reach",
            MOST_MEMORY >> 20
        ))
    })
}
