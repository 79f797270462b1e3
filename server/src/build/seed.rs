//! What cargo has built for the game, for the first build of its scripts: the same crates, built alike, in another
//! target directory. Whether each is what this build would make is cargo's to say, as after any move of the directory.

use std::fs::{self, File, FileTimes, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::compile::Cancel;

/// cargo holds it while it builds there.
const LOCK: &str = ".cargo-lock";
/// What cargo has in a profile's folder, but for programs and incremental caches.
const PARTS: [&str; 3] = ["deps", "build", ".fingerprint"];
/// Never written to again: rustc makes them elsewhere and renames them. Linkers may write into a file that is there.
const LINKED: [&str; 2] = ["rlib", "rmeta"];
const LOOK: Duration = Duration::from_millis(50);
/// Whoever builds there for longer may be waiting for this build.
const PATIENCE: Duration = Duration::from_secs(600);

/// Makes the folder `to` from what cargo has in `from`; whether it did. What is there already stays as it is.
///
/// `waits` is called if cargo builds in `from` at the moment: what it builds is what would be built here.
pub(super) fn seed(from: &Path, to: &Path, cancel: &Cancel, waits: &mut dyn FnMut()) -> io::Result<bool> {
    if to.exists() || !from.join(".fingerprint").is_dir() {
        return Ok(false);
    }
    let Some(_lock) = lock(&from.join(LOCK), cancel, waits)? else { return Ok(false) };
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent)?;
    let beside = tempfile::Builder::new().prefix("seed-").tempdir_in(parent)?;
    let whole = beside.path().join("whole");
    fs::create_dir(&whole)?;
    for part in PARTS {
        if from.join(part).is_dir() {
            copy(&from.join(part), &whole.join(part), part != "deps")?;
        }
    }
    fs::rename(whole, to)?;
    Ok(true)
}

/// Keeps cargo from building there while it is held; none once the build is cancelled, or where it takes too long.
fn lock(path: &Path, cancel: &Cancel, waits: &mut dyn FnMut()) -> io::Result<Option<File>> {
    let file = File::open(path)?;
    let deadline = Instant::now() + PATIENCE;
    let mut is_told = false;
    while !cancel.is_asked() && Instant::now() < deadline {
        match file.try_lock_shared() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if is_told => std::thread::sleep(LOOK),
            Err(TryLockError::WouldBlock) => {
                waits();
                is_told = true;
            }
        }
    }
    Ok(None)
}

/// Copies a tree with its times, which cargo compares. `programs`: those without an ending too.
fn copy(from: &Path, to: &Path, programs: bool) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, path, target) = (entry.file_type()?, entry.path(), to.join(entry.file_name()));
        let ending = path.extension().and_then(|ending| ending.to_str());
        if kind.is_dir() {
            copy(&path, &target, true)?;
        } else if kind.is_file() && (programs || ending.is_some()) {
            let is_linked = ending.is_some_and(|ending| LINKED.contains(&ending));
            if !(is_linked && fs::hard_link(&path, &target).is_ok()) {
                fs::copy(&path, &target)?;
                let times = FileTimes::new().set_modified(entry.metadata()?.modified()?);
                // Opened for reading: some are read-only, and times need no more.
                File::open(target)?.set_times(times)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    use super::*;

    /// A profile's folder as cargo leaves it.
    fn built(folder: &Path) -> PathBuf {
        let from = folder.join("debug");
        for file in [
            ".cargo-lock",
            "game",
            "deps/game-1",
            "deps/liba-1.rlib",
            "deps/liba.so",
            "deps/a-1.d",
            "build/a-1/build-script-build",
            ".fingerprint/a-1/lib-a",
        ] {
            fs::create_dir_all(from.join(file).parent().unwrap()).unwrap();
            fs::write(from.join(file), file).unwrap();
        }
        from
    }

    #[test]
    fn what_is_built_is_taken_over_once_with_its_times() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (built(folder.path()), folder.path().join("liveline/debug"));
        let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        File::open(from.join("deps/liba.so")).unwrap().set_modified(long_ago).unwrap();
        let seed = || seed(&from, &to, &Cancel::default(), &mut || panic!("nobody builds")).unwrap();
        assert!(seed());
        let kept = |file: &str| fs::metadata(to.join(file)).ok();
        let node = |file: &str| fs::metadata(from.join(file)).unwrap().ino();
        assert_eq!(kept("deps/liba-1.rlib").unwrap().ino(), node("deps/liba-1.rlib"));
        assert_eq!(kept("deps/liba.so").unwrap().modified().unwrap(), long_ago);
        for file in ["deps/liba.so", "deps/a-1.d", "build/a-1/build-script-build", ".fingerprint/a-1/lib-a"] {
            assert_ne!(kept(file).unwrap().ino(), node(file), "{file} may be written to");
        }
        assert!(kept("game").is_none() && kept("deps/game-1").is_none() && kept(".cargo-lock").is_none());
        fs::remove_file(to.join("deps/a-1.d")).unwrap();
        assert!(!seed() && kept("deps/a-1.d").is_none(), "not a second time");
        assert_eq!(fs::read_dir(folder.path().join("liveline")).unwrap().count(), 1);
    }

    #[test]
    fn a_build_of_the_game_is_waited_for_until_this_one_is_cancelled() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (built(folder.path()), folder.path().join("liveline/debug"));
        let cargo = File::open(from.join(LOCK)).unwrap();
        cargo.lock().unwrap();
        let cancel = Cancel::default();
        assert!(!seed(&from, &to, &cancel, &mut || cancel.cancel()).unwrap() && !to.exists());
        let mut waits = || cargo.unlock().unwrap();
        assert!(seed(&from, &to, &Cancel::default(), &mut waits).unwrap());
    }

    #[test]
    fn without_a_build_of_the_game_there_is_nothing_to_take() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("liveline/debug");
        let none = seed(&folder.path().join("debug"), &to, &Cancel::default(), &mut || {}).unwrap();
        assert!(!none && !to.exists());
    }
}
