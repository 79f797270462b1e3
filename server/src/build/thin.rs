//! What of static libraries is never run need not be sent: their objects without it, as a linker leaves it out.

use std::collections::{BTreeSet, HashMap, HashSet};

use object::elf::{self, FileHeader64};
use object::read::elf::ElfFile64;
use object::{
    LittleEndian, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SectionFlags,
    SectionIndex,
};

use super::archive::Member;

/// Sections with such names are there for those who refer to them, and for nobody else.
const FOR_OTHERS: [&[u8]; 3] = [b".text", b".rodata", b".data"];
const HEADER: usize = 64;
const SECTION_HEADER: usize = 64;
const SYMBOL: usize = 24;

type File<'a> = ElfFile64<'a, LittleEndian>;
/// A member, and a section of it.
type Spot = (usize, SectionIndex);

/// The members with those sections empty that cannot be reached from `wanted`, and those that are never run. All
/// numbers, names and tables stay as they are.
///
/// Members that cannot be read stay whole.
pub(super) fn thin(members: Vec<Member>, wanted: &BTreeSet<Box<[u8]>>) -> Vec<Member> {
    let files: Option<Vec<File<'_>>> = members.iter().map(|(_, bytes)| File::parse(&**bytes).ok()).collect();
    let Some(files) = files else { return members };
    let reached = reach(&files, wanted);
    let thinned: Vec<Option<Vec<u8>>> = files
        .iter()
        .enumerate()
        .map(|(member, file)| {
            let is_empty = |section| {
                is_never_run(file, section)
                    || is_for_others(file, section) && !reached.contains(&(member, section))
            };
            without(&members[member].1, file, &is_empty)
        })
        .collect();
    members
        .into_iter()
        .zip(thinned)
        .map(|((name, bytes), thinned)| (name, thinned.unwrap_or(bytes)))
        .collect()
}

fn name<'a>(file: &File<'a>, section: SectionIndex) -> &'a [u8] {
    file.section_by_index(section).and_then(|section| section.name_bytes()).unwrap_or_default()
}

/// Debug information, and the compiler's own form of the code.
fn is_never_run(file: &File<'_>, section: SectionIndex) -> bool {
    let name = name(file, section);
    name.starts_with(b".debug_") || name == b".llvmbc" || name == b".llvmcmd"
}

fn is_for_others(file: &File<'_>, section: SectionIndex) -> bool {
    let Ok(section) = file.section_by_index(section) else { return false };
    let SectionFlags::Elf { sh_flags } = section.flags() else { return false };
    let is_retained = sh_flags & u64::from(elf::SHF_GNU_RETAIN) != 0;
    let name = section.name_bytes().unwrap_or_default();
    !is_retained && FOR_OTHERS.iter().any(|prefix| name.starts_with(prefix))
}

fn reach(files: &[File<'_>], wanted: &BTreeSet<Box<[u8]>>) -> HashSet<Spot> {
    let mut homes: HashMap<&[u8], Vec<Spot>> = HashMap::new();
    let mut waiting: Vec<Spot> = Vec::new();
    for (member, file) in files.iter().enumerate() {
        for symbol in file.symbols().filter(|symbol| symbol.is_global()) {
            if let (Ok(name), Some(section)) = (symbol.name_bytes(), symbol.section_index()) {
                homes.entry(name).or_default().push((member, section));
            }
        }
        let own = file.sections().map(|section| section.index());
        let roots = own.filter(|section| !is_for_others(file, *section) && !is_never_run(file, *section));
        waiting.extend(roots.map(|section| (member, section)));
    }
    let at = |name: &[u8]| homes.get(name).into_iter().flatten().copied();
    waiting.extend(wanted.iter().flat_map(|name| at(name)));
    let mut reached = HashSet::new();
    while let Some(spot) = waiting.pop() {
        if !reached.insert(spot) {
            continue;
        }
        let (member, index) = spot;
        let file = &files[member];
        let Ok(section) = file.section_by_index(index) else { continue };
        // The table for unwinding names every function; it needs none of them.
        let is_unwinding = section.name_bytes().is_ok_and(|name| name == b".eh_frame");
        for (_, relocation) in section.relocations() {
            let RelocationTarget::Symbol(symbol) = relocation.target() else { continue };
            let Ok(symbol) = file.symbol_by_index(symbol) else { continue };
            match symbol.section_index() {
                Some(section) if is_unwinding && name(file, section).starts_with(b".text") => {}
                Some(section) => waiting.push((member, section)),
                None => waiting.extend(at(symbol.name_bytes().unwrap_or_default())),
            }
        }
    }
    reached
}

/// The object with some sections, and the relocations in them, empty; `None` if it is not laid out as objects are.
fn without(bytes: &[u8], file: &File<'_>, is_empty: &dyn Fn(SectionIndex) -> bool) -> Option<Vec<u8>> {
    let header: &FileHeader64<LittleEndian> = file.elf_header();
    let table = usize::try_from(header.e_shoff.get(LittleEndian)).ok()?;
    let sections: Vec<_> = file.elf_section_table().iter().collect();
    let mut headers = bytes.get(table..table.checked_add(sections.len() * SECTION_HEADER)?)?.to_vec();
    let mut thin = bytes.get(..HEADER)?.to_vec();
    for (index, section) in sections.iter().enumerate() {
        let kind = section.sh_type.get(LittleEndian);
        let is_relocations = matches!(kind, elf::SHT_RELA | elf::SHT_REL);
        let info = section.sh_info.get(LittleEndian) as usize;
        let of = if is_relocations { info } else { index };
        let empty = matches!(kind, elf::SHT_PROGBITS | elf::SHT_RELA | elf::SHT_REL | elf::SHT_X86_64_UNWIND)
            && is_empty(SectionIndex(of));
        let (start, size) = (section.sh_offset.get(LittleEndian), section.sh_size.get(LittleEndian));
        let has_bytes = !matches!(kind, elf::SHT_NOBITS | elf::SHT_NULL);
        let align = usize::try_from(section.sh_addralign.get(LittleEndian)).ok()?.clamp(1, 4096);
        thin.resize(thin.len().next_multiple_of(align), 0);
        let place = thin.len() as u64;
        if has_bytes && !empty {
            let start = usize::try_from(start).ok()?;
            thin.extend_from_slice(bytes.get(start..start.checked_add(usize::try_from(size).ok()?)?)?);
        }
        if kind == elf::SHT_SYMTAB {
            let first = thin.len() - usize::try_from(size).ok()?;
            thin.get_mut(first..)?.chunks_exact_mut(SYMBOL).for_each(|symbol| end_in_empty(symbol, is_empty));
        }
        let entry = headers.get_mut(index * SECTION_HEADER..(index + 1) * SECTION_HEADER)?;
        if kind != elf::SHT_NULL {
            entry[24..32].copy_from_slice(&place.to_le_bytes());
        }
        if empty {
            entry[32..40].fill(0);
        }
    }
    thin.resize(thin.len().next_multiple_of(8), 0);
    let place = thin.len() as u64;
    thin[40..48].copy_from_slice(&place.to_le_bytes());
    thin.extend_from_slice(&headers);
    Some(thin)
}

/// A symbol lies inside of its section, also of an empty one.
fn end_in_empty(symbol: &mut [u8], is_empty: &dyn Fn(SectionIndex) -> bool) {
    let section = u16::from_le_bytes([symbol[6], symbol[7]]);
    if (1..elf::SHN_LORESERVE).contains(&section) && is_empty(SectionIndex(section.into())) {
        symbol[8..SYMBOL].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::write;
    use object::{
        Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
        SymbolScope,
    };

    /// `start` calls `used`, which is not alone in its section; nobody calls `unused`.
    fn member() -> Member {
        let mut file = write::Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        let mut section = |name: &str, kind, bytes: &[u8]| {
            let section = file.add_section(Vec::new(), name.as_bytes().to_vec(), kind);
            file.append_section_data(section, bytes, 16);
            section
        };
        let start = section(".text.start", SectionKind::Text, &[0x90; 32]);
        let used = section(".text.used", SectionKind::Text, &[0xc3; 40]);
        let unused = section(".text.unused", SectionKind::Text, &[0xcc; 48]);
        section(".debug_info", SectionKind::Debug, &[1; 56]);
        section("registry", SectionKind::Data, &[0; 8]);
        let mut symbol = |name: &str, section, value| {
            file.add_symbol(write::Symbol {
                name: name.as_bytes().to_vec(),
                value,
                size: 8,
                kind: SymbolKind::Text,
                scope: SymbolScope::Dynamic,
                weak: false,
                section: write::SymbolSection::Section(section),
                flags: SymbolFlags::None,
            })
        };
        symbol("start", start, 0);
        let target = symbol("used", used, 16);
        symbol("unused", unused, 24);
        let flags = RelocationFlags::Elf { r_type: elf::R_X86_64_PLT32 };
        file.add_relocation(start, write::Relocation { offset: 4, symbol: target, addend: -4, flags })
            .unwrap();
        ("a.o".to_owned(), file.write().unwrap())
    }

    fn sizes(member: &Member) -> Vec<(String, usize)> {
        let file = File::parse(&*member.1).unwrap();
        let sections = file
            .sections()
            .map(|section| (section.name().unwrap().to_owned(), section.data().unwrap().len()));
        sections
            .filter(|(name, _)| [".text.", ".debug_", "registry"].iter().any(|part| name.starts_with(part)))
            .collect()
    }

    #[test]
    fn what_is_reached_stays_and_the_rest_is_empty() {
        let whole = member();
        let thin = thin(vec![whole.clone()], &BTreeSet::from([b"start".to_vec().into()])).remove(0);
        let expected = [
            (".text.start", 32),
            (".text.used", 40),
            (".text.unused", 0),
            (".debug_info", 0),
            ("registry", 8),
        ];
        assert_eq!(sizes(&thin), expected.map(|(name, size)| (name.to_owned(), size)));
        let file = File::parse(&*thin.1).unwrap();
        let value = |name: &str| file.symbol_by_name(name).map(|symbol| symbol.address());
        assert_eq!((value("used"), value("unused")), (Some(16), Some(0)));
        assert_eq!(file.section_by_name(".text.start").unwrap().relocations().count(), 1);
        let image = liveline_link::link(
            &[liveline_link::Object { name: "a.o".to_owned(), bytes: &thin.1 }],
            &liveline_link::Options {
                exports: liveline_link::Exports::Names(&["start"]),
                ..liveline_link::Options::new("a")
            },
        );
        assert_eq!(image.unwrap().exports().len(), 1);
    }

    #[test]
    fn what_is_no_object_stays_whole() {
        let odd = ("odd".to_owned(), b"no object".to_vec());
        assert_eq!(thin(vec![odd.clone()], &BTreeSet::new()), [odd]);
        let (name, bytes) = member();
        for length in [64, 100, bytes.len() / 2] {
            let cut = (name.clone(), bytes[..length].to_vec());
            assert_eq!(thin(vec![cut.clone()], &BTreeSet::new()).len(), 1, "{length}");
        }
    }
}
