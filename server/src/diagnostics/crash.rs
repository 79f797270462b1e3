//! What a compiler that crashes writes between its messages: plain lines, as its panic hook has them.

use std::path::PathBuf;

/// What is known of a crash so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crash {
    has_crashed: bool,
    /// What the panic said.
    panic: Option<String>,
    /// The next line is what the panic says.
    is_panicking: bool,
    /// Where rustc has written its report.
    report: Option<PathBuf>,
    /// The first of what it was about.
    query: Option<String>,
}

impl Crash {
    /// Takes the next line that is no message.
    pub fn hear(&mut self, line: &str) {
        if std::mem::take(&mut self.is_panicking) {
            self.panic = Some(line.trim().to_owned());
        } else if line.starts_with("thread '") && line.contains(" panicked at ") && self.panic.is_none() {
            self.is_panicking = true;
        } else if line.contains("the compiler unexpectedly panicked") {
            self.has_crashed = true;
        } else if let Some(path) = line.strip_prefix("note: please attach the file at `") {
            self.report = path.split_once('`').map(|(path, _)| PathBuf::from(path));
        } else if let Some(query) = line.strip_prefix("#0 [") {
            self.query
                .get_or_insert_with(|| query.split_once("] ").map_or(query, |(_, about)| about).to_owned());
        }
    }

    /// For the user, if the compiler has crashed.
    pub fn message(&self) -> Option<String> {
        if !self.has_crashed {
            return None;
        }
        let said = self.panic.as_deref().filter(|said| !said.is_empty());
        let mut text = format!("rustc crashed: {}", said.unwrap_or("it does not say why"));
        text.push_str("\nThis is a bug of the compiler, not of your code");
        if let Some(query) = &self.query {
            text.push_str(&format!("; it was {query}"));
        }
        let report = self.report.as_ref().map(|report| format!(" Its report is {}.", report.display()));
        text.push_str(&format!(
            ".{} Write the code in another way, or try another toolchain; if the crash comes back, tell \
             https://github.com/rust-lang/rust/issues",
            report.unwrap_or_default()
        ));
        Some(text)
    }
}
