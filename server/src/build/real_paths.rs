//! Puts the real paths into what rustc says of files in a shadow tree.

use std::path::Path;

use super::invocation::Invocation;
use super::wrapper;

/// What is replaced in lines of JSON, in this order.
#[derive(Debug)]
pub(super) struct RealPaths {
    replacements: Vec<(String, String)>,
}

impl RealPaths {
    /// For a compile in the tree `shadow`.
    pub(super) fn new(shadow: &Path, invocation: &Invocation) -> Self {
        let mut replacements = Vec::new();
        let shadow = in_json(&shadow.display().to_string());
        if invocation.is_relative() {
            let folder = in_json(&invocation.folder.display().to_string());
            replacements.push((format!("{shadow}{folder}/"), String::new()));
        }
        replacements.push((format!("{shadow}/"), "/".to_owned()));
        let root = in_json(&invocation.root);
        replacements.push((format!("{root}{}", wrapper::MARK), root));
        Self { replacements }
    }

    /// One line as a compile of the real tree would have said it. `of_wrapper`: whether the root was a wrapper.
    pub(super) fn line(&self, line: &str, of_wrapper: bool) -> String {
        let last = self.replacements.len() - usize::from(!of_wrapper);
        let mut line = line.to_owned();
        for (shadow, real) in &self.replacements[..last] {
            if line.contains(shadow.as_str()) {
                line = line.replace(shadow.as_str(), real);
            }
        }
        line
    }
}

/// A path as it stands inside a JSON string.
fn in_json(path: &str) -> String {
    let quoted = serde_json::to_string(path).unwrap_or_default();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(is_relative: bool) -> RealPaths {
        let root = if is_relative { "src/a.rs" } else { "/w/src/a.rs" };
        let invocation = Invocation {
            program: "rustc".into(),
            arguments: Vec::new(),
            crate_name: String::new(),
            root: root.to_owned(),
            folder: "/w".into(),
            set: Default::default(),
            unset: Vec::new(),
            externs: Vec::new(),
            linker: None,
        };
        RealPaths::new(Path::new("/t/a b/é"), &invocation)
    }

    #[test]
    fn paths_come_out_as_cargo_would_have_them() {
        let check = |is_relative, line, expected| assert_eq!(paths(is_relative).line(line, true), expected);
        check(true, "couldn't read `/t/a b/é/w/src/x.txt`", "couldn't read `src/x.txt`");
        check(true, "`/t/a b/é/etc/x`", "`/etc/x`");
        check(false, "`/t/a b/é/w/src/x.txt`", "`/w/src/x.txt`");
        check(true, r#"{"file_name":"src/a.rs#head"}"#, r#"{"file_name":"src/a.rs"}"#);
    }

    #[test]
    fn a_mark_in_the_users_own_text_stays() {
        assert_eq!(paths(true).line("see page#head", true), "see page#head");
        assert_eq!(paths(true).line("src/a.rs#head", false), "src/a.rs#head");
    }
}
