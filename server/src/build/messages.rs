//! What rustc and cargo print, line by line; a line that is none of theirs is skipped, never fatal.

use std::path::PathBuf;

use cargo_metadata::Message;
use cargo_metadata::diagnostic::Diagnostic;
use serde::Deserialize;

/// A line's meaning.
#[derive(Debug)]
pub enum Said {
    /// A diagnostic, and the root source file of its crate where cargo names that.
    Diagnostic { diagnostic: Box<Diagnostic>, source: Option<PathBuf> },
    /// Files were made.
    Files(Vec<PathBuf>),
}

#[derive(Deserialize)]
struct Artifact {
    artifact: PathBuf,
}

/// A line of rustc's standard error with `--error-format=json`.
pub fn rustc(line: &str) -> Option<Said> {
    if let Ok(diagnostic) = serde_json::from_str(line) {
        return Some(Said::Diagnostic { diagnostic: Box::new(diagnostic), source: None });
    }
    // rustc names each output; the job knows its folder already.
    serde_json::from_str::<Artifact>(line).ok().map(|artifact| Said::Files(vec![artifact.artifact]))
}

/// A line of cargo's standard output with `--message-format=json`.
pub fn cargo(line: &str) -> Option<Said> {
    match serde_json::from_str(line).ok()? {
        Message::CompilerMessage(message) => Some(Said::Diagnostic {
            diagnostic: Box::new(message.message),
            source: Some(message.target.src_path.into_std_path_buf()),
        }),
        Message::CompilerArtifact(artifact) => {
            Some(Said::Files(artifact.filenames.into_iter().map(|file| file.into_std_path_buf()).collect()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_neither_are_skipped() {
        for line in ["", "warning: hello", "{", "{\"reason\":\"new thing\"}", "[1]"] {
            assert!(rustc(line).is_none() && cargo(line).is_none(), "{line}");
        }
    }

    #[test]
    fn a_diagnostic_of_rustc_is_read() {
        let line = r#"{"$message_type":"diagnostic","message":"m","code":null,"level":"error","spans":[],"children":[],"rendered":"r"}"#;
        let Some(Said::Diagnostic { diagnostic, .. }) = rustc(line) else { panic!("not read") };
        assert_eq!((diagnostic.message.as_str(), diagnostic.rendered.as_deref()), ("m", Some("r")));
    }
}
