//! What rustc would have had linked: the linker's arguments, understood.

use std::ffi::CStr;
use std::path::{Path, PathBuf};

use object::read::elf::{Dyn, FileHeader, SectionTable};
use object::{Endianness, elf};

use crate::os::program::has_symbol;

/// The inputs of a link, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LinkLine {
    /// Taken whole.
    pub(super) objects: Vec<PathBuf>,
    /// Archives, and whether all of their objects are taken.
    pub(super) archives: Vec<(PathBuf, bool)>,
    /// Shared libraries that this process has not: an absolute path, or a name that the system's loader finds.
    pub(super) shared: Vec<String>,
}

/// Options that say how an executable's file is made, or name what an image has anyway.
const WITHOUT_EFFECT: &[&str] = &[
    "-m64",
    "-pie",
    "-no-pie",
    "-static-pie",
    "-nodefaultlibs",
    "-nostartfiles",
    "-pthread",
    "-Wl,--eh-frame-hdr",
    "-Wl,--gc-sections",
    "-Wl,--no-gc-sections",
    "-Wl,--start-group",
    "-Wl,--end-group",
    "-Wl,--as-needed",
    "-Wl,--no-as-needed",
    "-Wl,--push-state",
    "-Wl,--pop-state",
    "-Wl,--strip-debug",
    "-Wl,--strip-all",
    "-Wl,-O1",
    "-Wl,--no-undefined-version",
    "-Wl,--fatal-warnings",
];
const WITHOUT_EFFECT_WHATEVER_FOLLOWS: &[&str] = &[
    "-B",
    "-fuse-ld=",
    "-Wl,-z,",
    "-Wl,--build-id",
    "-Wl,--hash-style",
    "-Wl,-rpath",
    "-Wl,--color-diagnostics",
    "-Wl,--threads",
    "-Wl,--icf",
    "-Wl,--compress-debug-sections",
];
/// Libraries that the C library or the compiler brings: the name that the system's loader knows, and a symbol of
/// each. Newer C libraries have all of them in one.
const SYSTEM: &[(&str, &str, &CStr)] = &[
    ("c", "libc.so.6", c"malloc"),
    ("m", "libm.so.6", c"pow"),
    ("gcc_s", "libgcc_s.so.1", c"_Unwind_RaiseException"),
    ("pthread", "libpthread.so.0", c"pthread_create"),
    ("dl", "libdl.so.2", c"dlopen"),
    ("rt", "librt.so.1", c"timer_create"),
    ("util", "libutil.so.1", c"openpty"),
];
/// Where a linker looks without being told.
const USUAL_FOLDERS: &[&str] = &[
    "/usr/local/lib/x86_64-linux-gnu",
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/local/lib/aarch64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/local/lib64",
    "/lib64",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/usr/lib",
];

impl LinkLine {
    /// From the arguments for gcc. An error names what only a system's linker understands.
    pub(super) fn read(arguments: &[String]) -> Result<Self, String> {
        let mut line = Self::default();
        let folders = folders(arguments);
        let (mut only_static, mut whole) = (false, false);
        let mut rest = arguments.iter().map(String::as_str);
        while let Some(argument) = rest.next() {
            match argument {
                "-L" | "-o" => drop(rest.next()),
                "-Wl,-Bstatic" => only_static = true,
                "-Wl,-Bdynamic" => only_static = false,
                "-Wl,--whole-archive" => whole = true,
                "-Wl,--no-whole-archive" => whole = false,
                "-l" => line.library(rest.next().unwrap_or_default(), only_static, whole, &folders)?,
                _ if is_without_effect(argument) => {}
                _ => match argument.strip_prefix("-l") {
                    Some(name) => line.library(name, only_static, whole, &folders)?,
                    None => line.file(argument, whole)?,
                },
            }
        }
        Ok(line)
    }

    fn library(
        &mut self,
        name: &str,
        only_static: bool,
        whole: bool,
        folders: &[PathBuf],
    ) -> Result<(), String> {
        if let Some((_, soname, symbol)) = SYSTEM.iter().find(|(own, ..)| *own == name) {
            if !has_symbol(symbol) {
                self.shared.push((*soname).to_owned());
            }
            return Ok(());
        }
        let exact = name.strip_prefix(':').map(str::to_owned);
        let names = match &exact {
            Some(exact) => vec![exact.clone()],
            None if only_static => vec![format!("lib{name}.a"), format!("lib{name}.rlib")],
            None => vec![format!("lib{name}.so"), format!("lib{name}.a")],
        };
        let usual = USUAL_FOLDERS.iter().map(PathBuf::from);
        let all = folders.iter().cloned().chain(usual);
        let mut candidates = all.flat_map(|folder| names.iter().map(move |name| folder.join(name)));
        match candidates.find(|path| path.is_file()) {
            Some(path) => self.file(&path.to_string_lossy(), whole),
            None => Err(format!("the library `{name}` is not in the linker's folders")),
        }
    }

    fn file(&mut self, path: &str, whole: bool) -> Result<(), String> {
        let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kind = Path::new(path).extension().unwrap_or_default().to_string_lossy().into_owned();
        if path.starts_with('-') {
            return Err(format!("only a system's linker understands the option `{path}`"));
        }
        match kind.as_str() {
            "o" => self.objects.push(PathBuf::from(path)),
            "rlib" | "a" => self.archives.push((PathBuf::from(path), whole)),
            _ if name.contains(".so") => self.shared.push(shared(Path::new(path))?),
            _ => return Err(format!("only a system's linker knows what to do with `{path}`")),
        }
        Ok(())
    }
}

fn is_without_effect(argument: &str) -> bool {
    (argument.starts_with("-L") && argument.len() > 2)
        || WITHOUT_EFFECT.contains(&argument)
        || WITHOUT_EFFECT_WHATEVER_FOLLOWS.iter().any(|prefix| argument.starts_with(prefix))
}

/// Where libraries are looked for.
pub(super) fn folders(arguments: &[String]) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        let folder = if argument == "-L" { rest.next() } else { argument.strip_prefix("-L") };
        folders.extend(folder.map(PathBuf::from));
    }
    folders
}

/// By its soname the system's loader finds the library that other libraries use too; without one, by its path.
fn shared(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    if !bytes.starts_with(&elf::ELFMAG) {
        return Err(format!("{} is a linker's script", path.display()));
    }
    let is_system = USUAL_FOLDERS.iter().any(|folder| path.starts_with(folder));
    let soname = soname(&bytes).filter(|_| is_system);
    Ok(soname.unwrap_or_else(|| path.to_string_lossy().into_owned()))
}

fn soname(bytes: &[u8]) -> Option<String> {
    let header = elf::FileHeader64::<Endianness>::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections: SectionTable<'_, elf::FileHeader64<Endianness>> = header.sections(endian, bytes).ok()?;
    let (entries, link) = sections.dynamic(endian, bytes).ok()??;
    let strings = sections.strings(endian, bytes, link).ok()?;
    let entry = entries.iter().find(|entry| entry.tag(endian) == elf::DT_SONAME)?;
    entry.string(endian, strings).ok().map(|name| String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LinkLine, String> {
        LinkLine::read(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn rustcs_own_line_is_understood() {
        let line = read(
            "-m64 /t/symbols.o /t/a.o -Wl,--as-needed -Wl,-Bstatic /s/libstd-1.rlib -Wl,-Bdynamic -lgcc_s -lc -L \
             /t/raw-dylibs -B/s/gcc-ld -fuse-ld=lld -Wl,--eh-frame-hdr -Wl,-z,noexecstack -L /s -o out/a \
             -Wl,--gc-sections -no-pie -Wl,-z,relro,-z,now -nodefaultlibs",
        );
        let expected = LinkLine {
            objects: vec!["/t/symbols.o".into(), "/t/a.o".into()],
            archives: vec![("/s/libstd-1.rlib".into(), false)],
            // This process has them.
            shared: Vec::new(),
        };
        assert_eq!(line, Ok(expected));
    }

    #[test]
    fn what_only_a_linker_understands_is_named() {
        assert!(read("a.o -Wl,--defsym=x=1").unwrap_err().contains("-Wl,--defsym=x=1"));
        assert!(read("a.o layout.ld").unwrap_err().contains("layout.ld"));
        assert!(
            read("-lsuch_a_library_does_not_exist").unwrap_err().contains("such_a_library_does_not_exist")
        );
    }

    #[test]
    fn archives_that_are_wanted_whole_are_marked() {
        let line = read("-Wl,--whole-archive /x/liba.a -Wl,--no-whole-archive /x/libb.a").unwrap();
        assert_eq!(line.archives, [("/x/liba.a".into(), true), ("/x/libb.a".into(), false)]);
    }
}
