//! Which members of static libraries a script's objects need, as a linker finds them.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use liveline_link::{Archive, Object};
use object::read::{Object as _, ObjectSymbol as _};

use super::archive::Member;
use super::link_line::Item;
use super::stamp::Identity;
use super::thin::thin;
use super::workshop::lock;

/// A symbol's name.
type Name = Box<[u8]>;
/// What one library defines.
type Names = HashSet<Name>;

/// Of this many sets of objects it is known what they need: without an API crate a library needs much of std.
const REMEMBERED: usize = 2;

/// What libraries define, each read once: std's are megabytes.
#[derive(Debug, Default)]
pub(super) struct Members {
    known: Mutex<HashMap<PathBuf, (Identity, Arc<Names>)>>,
    /// What was needed lately, the newest last.
    needed: Mutex<VecDeque<(Asked, Arc<Vec<Member>>)>>,
}

/// All that decides which members are needed. A change inside of a function changes none of it.
#[derive(Debug, PartialEq)]
struct Asked {
    /// What objects want and do not define.
    wanted: BTreeSet<Name>,
    defined: BTreeSet<Name>,
    archives: Vec<(PathBuf, Option<Identity>)>,
}

impl Asked {
    fn by<'a>(objects: impl Iterator<Item = &'a Member>, items: &[Item]) -> Result<Self, String> {
        let (mut wanted, mut defined) = (BTreeSet::new(), BTreeSet::new());
        for (name, bytes) in objects {
            let file = object::File::parse(&**bytes).map_err(|error| format!("{name}: {error}"))?;
            for symbol in file.symbols().filter(|symbol| symbol.is_global()) {
                let name: Name = symbol.name_bytes().unwrap_or_default().into();
                let _ = if symbol.is_undefined() { wanted.insert(name) } else { defined.insert(name) };
            }
        }
        wanted.retain(|name| !defined.contains(name));
        let archives = lazy_archives(items).map(|path| (path.clone(), Identity::at(path))).collect();
        Ok(Self { wanted, defined, archives })
    }
}

impl Members {
    /// The members of archives among `items` that `own` and `roots` need.
    pub(super) fn needed(
        &self,
        own: &[Member],
        roots: &[Member],
        items: &[Item],
    ) -> Result<Vec<Member>, String> {
        let mut needed = Vec::new();
        for path in
            items.iter().filter_map(|item| if let Item::Whole(path) = item { Some(path) } else { None })
        {
            let bytes = read(path)?;
            let members = liveline_link::members(&bytes).map_err(|error| in_file(path, &error))?;
            needed.extend(members.into_iter().map(owned));
        }
        let asked = Asked::by(own.iter().chain(roots).chain(&needed), items)?;
        if !self.is_in_archives(&asked, items)? {
            return Ok(needed);
        }
        if let Some((_, known)) = lock(&self.needed).iter().find(|(earlier, _)| *earlier == asked) {
            needed.extend(known.iter().cloned());
            return Ok(needed);
        }
        let archives: Vec<(&PathBuf, Vec<u8>)> =
            lazy_archives(items).map(|path| Ok((path, read(path)?))).collect::<Result<_, String>>()?;
        let archives: Vec<Archive<'_>> = archives
            .iter()
            .map(|(path, bytes)| Archive::read(bytes).map_err(|error| in_file(path, &error)))
            .collect::<Result<_, _>>()?;
        let asking = own.iter().chain(roots).chain(&needed);
        let asking: Vec<Object<'_>> =
            asking.map(|(name, bytes)| Object { name: name.clone(), bytes }).collect();
        let count = asking.len();
        let found: Vec<Member> =
            liveline_link::closure(asking, &archives).into_iter().skip(count).map(owned).collect();
        let found = thin(found, &asked.wanted);
        needed.extend(found.iter().cloned());
        let mut remembered = lock(&self.needed);
        remembered.push_back((asked, Arc::new(found)));
        if remembered.len() > REMEMBERED {
            remembered.pop_front();
        }
        Ok(needed)
    }

    /// Whether a symbol that an archive has, and no shared library, is wanted.
    fn is_in_archives(&self, asked: &Asked, items: &[Item]) -> Result<bool, String> {
        let wanted = &asked.wanted;
        let mut open: Vec<Name> = Vec::new();
        for path in lazy_archives(items) {
            let index = self.defined_by(path, &archive_symbols)?;
            open.extend(wanted.iter().filter(|name| index.contains(*name)).cloned());
        }
        for path in
            items.iter().filter_map(|item| if let Item::Shared(path) = item { Some(path) } else { None })
        {
            if open.is_empty() {
                break;
            }
            let index = self.defined_by(path, &shared_symbols)?;
            open.retain(|name| !index.contains(name));
        }
        Ok(!open.is_empty())
    }

    fn defined_by(
        &self,
        path: &Path,
        symbols: &dyn Fn(&[u8]) -> Result<Names, String>,
    ) -> Result<Arc<Names>, String> {
        let identity = Identity::at(path).ok_or_else(|| format!("{} is gone", path.display()))?;
        if let Some((known, symbols)) = lock(&self.known).get(path)
            && *known == identity
        {
            return Ok(symbols.clone());
        }
        let symbols = symbols(&read(path)?).map_err(|error| in_file(path, &error))?;
        let symbols = Arc::new(symbols);
        lock(&self.known).insert(path.to_owned(), (identity, symbols.clone()));
        Ok(symbols)
    }
}

fn lazy_archives(items: &[Item]) -> impl Iterator<Item = &PathBuf> {
    items.iter().filter_map(|item| if let Item::Archive(path) = item { Some(path) } else { None })
}

fn archive_symbols(bytes: &[u8]) -> Result<Names, String> {
    let mut symbols = HashSet::new();
    for member in liveline_link::members(bytes).map_err(|error| error.to_string())? {
        let file = object::File::parse(member.bytes).map_err(|error| error.to_string())?;
        let defined = file.symbols().filter(|symbol| symbol.is_global() && !symbol.is_undefined());
        symbols.extend(defined.filter_map(|symbol| Some(symbol.name_bytes().ok()?.into())));
    }
    Ok(symbols)
}

fn shared_symbols(bytes: &[u8]) -> Result<Names, String> {
    let file = object::File::parse(bytes).map_err(|error| error.to_string())?;
    let defined = file.dynamic_symbols().filter(|symbol| !symbol.is_undefined());
    Ok(defined.filter_map(|symbol| Some(symbol.name_bytes().ok()?.into())).collect())
}

fn owned(object: Object<'_>) -> Member {
    (object.name, object.bytes.to_vec())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| in_file(path, &error))
}

fn in_file(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}
