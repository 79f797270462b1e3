//! The source that is to run, and where its dependencies are said.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::Failure;
use super::manifest::{self, Target};
use crate::build::stamp;

/// A crate root.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// As the user named it: `file!()` and messages say it so.
    pub(super) given: String,
    /// Absolute, without links.
    pub(super) path: PathBuf,
    /// Its text as far as it is text.
    pub(super) text: String,
    /// Where its dependencies are said.
    pub(super) kind: Kind,
}

/// Where a program's dependencies are said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nowhere: std is all that it needs.
    Plain,
    /// In its own first lines.
    Embedded(Embedded),
    /// In a manifest beside it that does not name it as a target.
    Beside(PathBuf),
    /// In the manifest of its package.
    Package(PathBuf, Target),
}

/// A manifest in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Embedded {
    /// TOML.
    pub(super) manifest: String,
    /// The bytes of the source that stable rustc does not understand.
    pub(super) frontmatter: Option<Range<usize>>,
}

impl Source {
    /// Reads the file that was named on the command line.
    pub(super) fn read(file: &Path) -> Result<Self, Failure> {
        if file.is_dir() {
            let inner =
                ["src/main.rs", "main.rs"].iter().map(|name| file.join(name)).find(|path| path.is_file());
            let inner = inner.unwrap_or_else(|| file.join("FILE.rs"));
            let text = format!(
                "{} is a folder; name the file that has `main`: liveline exec {}",
                file.display(),
                inner.display()
            );
            return Err(Failure::message(text));
        }
        let cannot = |error: &dyn std::fmt::Display| {
            Failure::message(format!("cannot read {}: {error}; name a Rust source file", file.display()))
        };
        let path = fs::canonicalize(file).map_err(|error| cannot(&error))?;
        let bytes = fs::read(&path).map_err(|error| cannot(&error))?;
        let (Some(given), Some(_)) = (file.to_str(), path.to_str()) else {
            return Err(cannot(&"its path is not UTF-8"));
        };
        // A name that begins like an option is none here.
        let given = if given.starts_with(['-', '@']) { format!("./{given}") } else { given.to_owned() };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let kind = kind(&path, &text)?;
        Ok(Self { given, path, text, kind })
    }

    /// What its executable would be called.
    pub(super) fn stem(&self) -> String {
        let stem = match &self.kind {
            Kind::Package(_, target) => target.name.clone(),
            _ => self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        };
        if stem.is_empty() { "program".to_owned() } else { stem }
    }

    /// Whether cargo has no part in it.
    pub(super) fn is_plain(&self) -> bool {
        self.kind == Kind::Plain
    }

    /// Differs where its dependencies are said elsewhere or otherwise.
    pub(super) fn key(&self) -> String {
        match &self.kind {
            Kind::Plain => String::new(),
            Kind::Embedded(embedded) => stamp::hash(embedded.manifest.as_bytes()).0,
            Kind::Beside(manifest) => format!("beside {}", manifest.display()),
            Kind::Package(manifest, target) => format!("{:?} of {}", target, manifest.display()),
        }
    }

    /// The bytes that stable rustc does not understand.
    pub(super) fn frontmatter(&self) -> Option<Range<usize>> {
        match &self.kind {
            Kind::Embedded(embedded) => embedded.frontmatter.clone(),
            _ => None,
        }
    }
}

fn kind(path: &Path, text: &str) -> Result<Kind, Failure> {
    if let Some(embedded) = frontmatter(text).or_else(|| in_comments(text)) {
        return Ok(Kind::Embedded(embedded));
    }
    let folders = path.ancestors().skip(1);
    let Some(manifest) = folders.map(|folder| folder.join("Cargo.toml")).find(|manifest| manifest.is_file())
    else {
        return Ok(Kind::Plain);
    };
    match manifest::target_of(&manifest, path)? {
        manifest::Belongs::Target(target) => Ok(Kind::Package(manifest, target)),
        manifest::Belongs::Package if path.parent() == manifest.parent() => Ok(Kind::Beside(manifest)),
        _ => Ok(Kind::Plain),
    }
}

/// RFC 3502: a fence of three or more dashes, before anything else but a shebang line.
fn frontmatter(text: &str) -> Option<Embedded> {
    let mut start = text.len() - text.trim_start_matches('\u{feff}').len();
    if text[start..].starts_with("#!") && !text[start..].starts_with("#![") {
        start += text[start..].find('\n')? + 1;
    }
    start += text[start..].len() - text[start..].trim_start().len();
    let fence = text[start..].len() - text[start..].trim_start_matches('-').len();
    let fence_line = text[start..].lines().next()?;
    let info = fence_line.get(fence..)?.trim();
    if fence < 3 || !(info.is_empty() || info == "cargo") {
        return None;
    }
    let content = start + fence_line.len() + 1;
    let closing = "-".repeat(fence);
    let mut end = content;
    for line in text.get(content..)?.split_inclusive('\n') {
        if line.trim_end() == closing {
            let manifest = text[content..end].to_owned();
            return Some(Embedded { manifest, frontmatter: Some(start..end + closing.len()) });
        }
        end += line.len();
    }
    None
}

/// rust-script's forms: a fenced block in the crate's documentation, or a line of dependencies.
fn in_comments(text: &str) -> Option<Embedded> {
    let mut manifest: Option<String> = None;
    let mut in_block_comment = false;
    for line in text.lines().skip_while(|line| line.starts_with("#!") && !line.starts_with("#![")) {
        let line = line.trim();
        if let Some(dependencies) = line.strip_prefix("// cargo-deps:") {
            let lines = dependencies.split(',').map(str::trim).filter(|word| !word.is_empty());
            let lines = lines
                .map(|word| if word.contains('=') { word.to_owned() } else { format!("{word} = \"*\"") });
            let text = format!("[dependencies]\n{}\n", lines.collect::<Vec<_>>().join("\n"));
            return Some(Embedded { manifest: text, frontmatter: None });
        }
        let said = match line.strip_prefix("//!") {
            Some(said) => said,
            None if line.starts_with("/*!") => {
                in_block_comment = true;
                line.trim_start_matches("/*!")
            }
            None if in_block_comment => {
                line.strip_prefix('*').filter(|_| !line.starts_with("*/")).unwrap_or(line)
            }
            None if line.is_empty() || line.starts_with("//") || line.starts_with("#!") => continue,
            None => return None,
        };
        in_block_comment &= !line.ends_with("*/");
        let said = said.strip_prefix(' ').unwrap_or(said);
        match &mut manifest {
            None if said.trim() == "```cargo" => manifest = Some(String::new()),
            None => {}
            Some(manifest) if said.trim() == "```" => {
                return Some(Embedded { manifest: std::mem::take(manifest), frontmatter: None });
            }
            Some(manifest) => {
                manifest.push_str(said);
                manifest.push('\n');
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frontmatter_is_found_after_a_shebang_line() {
        let text = "#!/usr/bin/env liveline\n\n---cargo\n[dependencies]\na = \"1\"\n---\nfn main() {}\n";
        let found = frontmatter(text).unwrap();
        assert_eq!(found.manifest, "[dependencies]\na = \"1\"\n");
        let range = found.frontmatter.unwrap();
        assert!(text[range.clone()].starts_with("---cargo") && text[range].ends_with("\n---"));
        assert_eq!(frontmatter("fn main() { 1 --- 2; }"), None);
        assert_eq!(frontmatter("---python\nx\n---\n"), None);
        assert_eq!(frontmatter("---\nno end"), None);
    }

    #[test]
    fn a_manifest_is_found_in_comments() {
        let text = "#!/usr/bin/env x\n//! Says hello.\n//!\n//! ```cargo\n//! [dependencies]\n//! a = \"1\"\n//! ```\nfn main() {}";
        assert_eq!(in_comments(text).unwrap().manifest, "[dependencies]\na = \"1\"\n");
        let block = "/*!\n```cargo\n[dependencies]\n```\n*/\nfn main() {}";
        assert_eq!(in_comments(block).unwrap().manifest, "[dependencies]\n");
        let line = "// cargo-deps: time=\"0.1\", libc\nfn main() {}";
        assert_eq!(in_comments(line).unwrap().manifest, "[dependencies]\ntime=\"0.1\"\nlibc = \"*\"\n");
        assert_eq!(in_comments("//! ```cargo\nfn main() {}"), None);
        assert_eq!(in_comments("fn main() {}\n//! ```cargo\n//! ```"), None);
    }
}
