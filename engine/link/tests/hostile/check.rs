//! What must hold of whatever a linker is given: an error or an image that the system's loader can map safely.

use liveline_link::{
    Archive, Error, Image, Machine, Object, Options, closure, link, members, sections, symbolize,
};
use object::LittleEndian as E;
use object::elf::{self, Dyn64, FileHeader64, ProgramHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, Rela as _, Sym as _};

/// Everything that may be done with bytes from outside. Panics if a promise does not hold.
pub fn everything(bytes: &[u8], machine: Machine) {
    let _ = symbolize(bytes, 0x40);
    let options = Options { machine, ..Options::new("hostile") };
    one("object", bytes, &options, &[Object { name: "hostile.o".to_owned(), bytes }]);
    if let Ok(objects) = members(bytes) {
        one("archive", bytes, &options, &objects);
        if let Ok(archive) = Archive::read(bytes) {
            let all = closure(objects.into_iter().take(1).collect(), &[archive]);
            one("closure", bytes, &options, &all);
        }
    }
}

fn one(what: &str, bytes: &[u8], options: &Options<'_>, objects: &[Object<'_>]) {
    for object in objects {
        let _ = sections(object, "list");
    }
    match link(objects, options) {
        Ok(image) => well_formed(what, bytes.len(), &image),
        Err(error) => sentence(&error),
    }
}

/// An error is one line that a person can read.
fn sentence(error: &Error) {
    let text = error.to_string();
    assert!(!text.is_empty() && text.len() < 100_000, "{} bytes", text.len());
}

/// A range of addresses that is mapped, and with which rights.
struct Mapped {
    flags: u32,
    start: u64,
    end: u64,
}

/// What the system's loader takes for granted.
fn well_formed(what: &str, input: usize, image: &Image) {
    let bytes = image.bytes();
    assert!(bytes.len() < 8 * input + (80 << 20), "{what}: {} bytes of {input}", bytes.len());
    let header = FileHeader64::<E>::parse(bytes).unwrap();
    let programs = header.program_headers(E, bytes).unwrap();
    let mapped = segments(programs, bytes);
    let relocated = programs.iter().find(|header| header.p_type(E) == elf::PT_GNU_RELRO).unwrap();
    let stack = programs.iter().find(|header| header.p_type(E) == elf::PT_GNU_STACK).unwrap();
    assert_eq!(stack.p_flags(E) & elf::PF_X, 0);
    let inside = |start: u64, length: u64, flags: u32| {
        let end = start.checked_add(length).unwrap();
        mapped.iter().any(|m| m.flags & flags == flags && m.start <= start && end <= m.end)
    };
    assert!(inside(relocated.p_vaddr(E), relocated.p_memsz(E), elf::PF_W));
    for header in programs.iter().filter(|h| matches!(h.p_type(E), elf::PT_TLS | elf::PT_GNU_EH_FRAME)) {
        assert!(inside(header.p_vaddr(E), header.p_filesz(E), elf::PF_R));
        assert!(header.p_filesz(E) <= header.p_memsz(E));
        assert!(header.p_align(E).is_power_of_two() && header.p_vaddr(E) % header.p_align(E) == 0);
    }
    let dynamic: Vec<(u32, u64)> = programs
        .iter()
        .find_map(|header| header.dynamic(E, bytes).unwrap())
        .unwrap()
        .iter()
        .map(|entry: &Dyn64<E>| (entry.d_tag(E) as u32, entry.d_val(E)))
        .collect();
    assert_eq!(dynamic.last().unwrap().0, 0);
    let value =
        |tag: i64| dynamic.iter().find(|(known, _)| i64::from(*known) == tag).map(|(_, value)| *value);
    let table =
        |start: i64, size: i64| value(start).map_or(0..0, |start| start..start + value(size).unwrap());
    let code = |address: u64| inside(address, 1, elf::PF_X);
    let strings = table(elf::DT_STRTAB, elf::DT_STRSZ);
    assert!(inside(strings.start, strings.end - strings.start, elf::PF_R));
    assert_eq!(bytes[strings.end as usize - 1], 0);
    let symbols = symbols(bytes, value(elf::DT_HASH).unwrap(), value(elf::DT_SYMTAB).unwrap());
    assert!(symbols.iter().all(|symbol| u64::from(symbol.st_name(E)) < strings.end - strings.start));
    let relocations = table(elf::DT_RELA, elf::DT_RELASZ);
    let relocations: &[elf::Rela64<E>] =
        object::pod::slice_from_all_bytes(&bytes[relocations.start as usize..relocations.end as usize])
            .unwrap();
    let mut called = Vec::new();
    for relocation in relocations.iter().filter(|relocation| relocation.r_type(E, false) != 0) {
        assert!(
            inside(relocation.r_offset(E), 8, elf::PF_W),
            "{what}: a relocation outside of writable pages"
        );
        assert!((relocation.r_sym(E, false) as usize) < symbols.len());
        let kind = relocation.r_type(E, false);
        let target = relocation.r_addend(E) as u64;
        if kind == elf::R_X86_64_IRELATIVE || kind == elf::R_AARCH64_IRELATIVE {
            assert!(code(target), "{what}: a resolver that is no code");
        }
        called.push((relocation.r_offset(E), relocation.r_sym(E, false), target));
    }
    for array in
        [table(elf::DT_INIT_ARRAY, elf::DT_INIT_ARRAYSZ), table(elf::DT_FINI_ARRAY, elf::DT_FINI_ARRAYSZ)]
    {
        for word in array.step_by(8) {
            let found = called.iter().find(|(offset, ..)| *offset == word).unwrap();
            assert!(found.1 != 0 || code(found.2), "{what}: an initialiser that is no code");
        }
    }
    for export in image.exports() {
        assert!(inside(export.address, 0, elf::PF_R));
    }
    // Some addresses in the code, and some nowhere.
    let _ = image.undefined();
    for address in (0..image.memory().min(1 << 16)).step_by(977) {
        let _ = image.line(address);
    }
}

fn segments(programs: &[ProgramHeader64<E>], bytes: &[u8]) -> Vec<Mapped> {
    let mut mapped: Vec<Mapped> = Vec::new();
    for header in programs.iter().filter(|header| header.p_type(E) == elf::PT_LOAD) {
        let start = header.p_vaddr(E);
        let end = start.checked_add(header.p_memsz(E)).unwrap();
        assert!(header.p_offset(E) + header.p_filesz(E) <= bytes.len() as u64);
        assert!(header.p_filesz(E) <= header.p_memsz(E));
        assert!(header.p_align(E).is_power_of_two());
        assert_eq!(start % header.p_align(E), header.p_offset(E) % header.p_align(E));
        let both = elf::PF_W | elf::PF_X;
        assert_ne!(header.p_flags(E) & both, both);
        // Segments of different rights share no page.
        assert!(mapped.last().is_none_or(|last| last.end.next_multiple_of(0x1000) <= start));
        mapped.push(Mapped { flags: header.p_flags(E), start, end });
    }
    mapped
}

fn symbols(bytes: &[u8], hash: u64, table: u64) -> &[elf::Sym64<E>] {
    let word = |at: u64| u32::from_le_bytes(bytes[at as usize..at as usize + 4].try_into().unwrap());
    let (buckets, chains) = (u64::from(word(hash)), u64::from(word(hash + 4)));
    for bucket in 0..buckets {
        let (mut symbol, mut steps) = (u64::from(word(hash + 8 + 4 * bucket)), 0);
        while symbol != 0 {
            assert!(symbol < chains && steps <= chains);
            symbol = u64::from(word(hash + 8 + 4 * (buckets + symbol)));
            steps += 1;
        }
    }
    object::pod::slice_from_bytes(&bytes[table as usize..], chains as usize).unwrap().0
}
