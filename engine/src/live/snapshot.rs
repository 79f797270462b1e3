//! Every instance's state in a file, for the process that comes after this one.
//!
//! `liveline run` names the file. It is read when a game that crashed or is restarted attaches, and each script that is
//! spawned then gets the state of the instance that stood at the same place before.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Weak;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fs, io};

use liveline_protocol::endpoint::STATE_VARIABLE;

use crate::mode::link::Order;
use crate::mode::memory::Value;
use crate::mode::swap::{Code, Slot};
use crate::mode::tree::{Saved, bytes};
use crate::{Event, Interface, Scripts};

const FIRST_LINE: &[u8] = b"liveline-state 1\n";
/// What is spawned later than this after the start is no longer what stood there before.
const HANDOVER: Duration = Duration::from_secs(10);

/// The file, and what of an earlier process's state nobody has taken yet.
pub(super) struct Snapshots {
    path: PathBuf,
    waiting: BTreeMap<String, VecDeque<Option<Saved>>>,
    until: Instant,
    /// What the file holds.
    written: Vec<u8>,
}

impl Snapshots {
    /// Of this process, if whoever started it wants snapshots. Interfaces after the first have files of their own.
    pub(super) fn start() -> Option<Self> {
        static ATTACHED: AtomicU32 = AtomicU32::new(0);
        let mut path = std::env::var_os(STATE_VARIABLE).filter(|path| !path.is_empty())?;
        let number = ATTACHED.fetch_add(1, Ordering::Relaxed);
        if number > 0 {
            path.push(format!(".{number}"));
        }
        let path = PathBuf::from(path);
        let waiting = fs::read(&path).ok().and_then(|bytes| read(&bytes)).unwrap_or_default();
        Some(Self { path, waiting, until: Instant::now() + HANDOVER, written: Vec::new() })
    }

    fn next(&mut self, script: &str) -> Option<Saved> {
        if Instant::now() > self.until {
            self.waiting.clear();
        }
        self.waiting.get_mut(script)?.pop_front()?
    }
}

impl<I: ?Sized + Interface> Scripts<I> {
    /// The state that an earlier process left for an instance that is spawned now.
    pub(super) fn handed_over(&mut self, code: &'static Code<I>) -> Option<Value<I>> {
        let saved = self.snapshots.as_mut()?.next(code.name)?;
        let restored = code.catch(|| Value::restored(code.vtable, &saved, true));
        let why = match restored {
            Ok(Ok(value)) => return Some(value),
            Ok(Err(failure)) => failure.to_string(),
            Err(panic) => panic.message,
        };
        let message = format!("`{}` starts anew: its state cannot be handed over: {why}", code.name);
        self.outbox.tell(Event::Trouble { message });
        None
    }

    /// Has the state of all instances written, if it is another than before.
    pub(super) fn take_snapshot(&mut self) {
        let Some(snapshots) = &mut self.snapshots else { return };
        let mut content = FIRST_LINE.to_vec();
        for slot in self.slots.iter().filter_map(Weak::upgrade) {
            // One that cannot be taken apart has its place all the same.
            put(slot.code().name.as_bytes(), &mut content);
            put(&saved(&slot).unwrap_or_default(), &mut content);
        }
        if content != snapshots.written {
            snapshots.written.clone_from(&content);
            let path = snapshots.path.clone();
            (self.order)(Order::Write { path, content });
        }
    }

    /// The file is as new as can be, though nothing has changed: whoever asked for it looks at its time.
    pub(super) fn renew_snapshot(&mut self) {
        if let Some(snapshots) = &mut self.snapshots {
            snapshots.written.clear();
        }
        self.take_snapshot();
    }
}

/// An instance's state as bytes; none if it cannot be taken apart now.
fn saved<I: ?Sized>(slot: &Slot<I>) -> Option<Vec<u8>> {
    let saved = slot.code().catch(|| slot.take_apart(true)).ok()?.ok()?;
    Some(bytes::write(&saved))
}

fn put(part: &[u8], content: &mut Vec<u8>) {
    content.extend_from_slice(&(part.len() as u64).to_le_bytes());
    content.extend_from_slice(part);
}

fn read(content: &[u8]) -> Option<BTreeMap<String, VecDeque<Option<Saved>>>> {
    let mut rest = content.strip_prefix(FIRST_LINE)?;
    let mut take = || {
        let (length, after) = rest.split_first_chunk::<8>()?;
        let (part, after) = after.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        rest = after;
        Some(part)
    };
    let mut states: BTreeMap<String, VecDeque<Option<Saved>>> = BTreeMap::new();
    while let (Some(script), Some(state)) = (take(), take()) {
        let script = String::from_utf8(script.to_vec()).ok()?;
        states.entry(script).or_default().push_back(bytes::read(state));
    }
    Some(states)
}

/// Writes a file beside it and gives it its name: a process that dies meanwhile leaves the old one.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    fs::write(&beside, content)?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mode::tree::Tree;

    #[test]
    fn instances_keep_their_order_and_damage_is_no_panic() {
        let state = |value| Saved { root: Tree::Int(value), shared: Vec::new() };
        let mut content = FIRST_LINE.to_vec();
        for (script, value) in [("enemy", Some(1)), ("player", Some(2)), ("enemy", None), ("enemy", Some(3))]
        {
            put(script.as_bytes(), &mut content);
            put(&value.map(|value| bytes::write(&state(value))).unwrap_or_default(), &mut content);
        }
        let states = read(&content).unwrap();
        assert_eq!(states["enemy"], [Some(state(1)), None, Some(state(3))]);
        assert_eq!(states["player"], [Some(state(2))]);
        for cut in 0..content.len() {
            let _ = read(&content[..cut]);
        }
    }
}
