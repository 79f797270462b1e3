//! `liveline exec hello.rs` beside `rustc hello.rs && ./hello`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::figures::Samples;

/// Milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Exec {
    /// `rustc hello.rs && ./hello`.
    pub native: Samples,
    /// `liveline exec` of the text that was run before.
    pub same: Samples,
    /// `liveline exec` of a text that was just edited.
    pub edited: Samples,
    /// The same with a shared library.
    pub edited_dylib: Samples,
}

/// Takes turns.
pub fn measure(liveline: &Path, folder: &Path, samples: usize) -> anyhow::Result<Exec> {
    fs::create_dir_all(folder)?;
    let file = folder.join("hello.rs");
    let write =
        |number: usize| fs::write(&file, format!("fn main() {{\n    println!(\"hello {number}\");\n}}\n"));
    let run = |words: &[&str]| -> anyhow::Result<()> {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
        let status = command.status().with_context(|| format!("cannot start {}", words[0]))?;
        if !status.success() {
            bail!("`{}` fails", words.join(" "));
        }
        Ok(())
    };
    let liveline = liveline.display().to_string();
    let mut exec = Exec::default();
    for number in 0..=samples {
        let timed = |list: &mut Samples, commands: &[&[&str]]| -> anyhow::Result<()> {
            let start = Instant::now();
            commands.iter().try_for_each(|words| run(words))?;
            // The first turn fills caches and counts for nothing.
            list.extend((number > 0).then(|| start.elapsed().as_secs_f64() * 1e3));
            Ok(())
        };
        write(number)?;
        timed(&mut exec.native, &[&["rustc", "hello.rs"], &["./hello"]])?;
        timed(&mut exec.edited, &[&[&liveline, "exec", "hello.rs"]])?;
        timed(&mut exec.same, &[&[&liveline, "exec", "hello.rs"]])?;
        write(number + 1_000_000)?;
        timed(&mut exec.edited_dylib, &[&[&liveline, "exec", "hello.rs", "--loader", "dylib"]])?;
    }
    Ok(exec)
}
