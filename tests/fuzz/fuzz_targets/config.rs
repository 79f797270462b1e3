//! Any text as `liveline.toml`, read and helped with at every place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use liveline_server::config;

fuzz_target!(|text: &str| {
    if let Err(error) = config::parse(text) {
        assert!(error.line > 0 && error.column > 0 && !error.message.is_empty(), "{error:?}");
        assert!(error.line as usize <= text.matches('\n').count() + 1, "{error:?}");
    }
    for (at, _) in text.char_indices().take(200) {
        let _ = config::help::suggestions(text, at, &["scripts".to_owned()]);
        if let Some((_, range)) = config::help::explain(text, at) {
            assert!(text.get(range).is_some());
        }
    }
});
