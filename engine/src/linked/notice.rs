//! What a development build says on a system that scripts are not reloaded on yet: they run as they were linked.

use std::sync::Once;

/// Says it once in a process, where a person who waits for a reload looks.
pub(super) fn say() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        eprintln!(
            "liveline: scripts are not reloaded on {} yet: they run as they were linked; after an edit, build and start the \
             game again, or develop on Linux",
            std::env::consts::OS
        );
    });
}
