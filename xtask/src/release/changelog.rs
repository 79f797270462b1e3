//! The changelog's sections, after Keep a Changelog: one for each version, and one for what comes next.

/// The text of a version's section. A release without one says nothing of itself.
pub(crate) fn released(text: &str, version: &str) -> Result<String, String> {
    let (heading, body) = section(text, version).ok_or_else(|| {
        format!("CHANGELOG.md has no section `## [{version}] - YYYY-MM-DD`: rename `[Unreleased]` to it")
    })?;
    let date = heading.rsplit(" - ").next().unwrap_or_default();
    if !is_date(date) {
        return Err(format!(
            "CHANGELOG.md: the section of {version} needs its day, `## [{version}] - YYYY-MM-DD`"
        ));
    }
    filled(version, &body)
}

/// The text of what is not released yet.
pub(crate) fn unreleased(text: &str) -> Result<String, String> {
    let newest = text.lines().find_map(|line| Some(line.strip_prefix("## [")?.split_once(']')?.0));
    let Some(newest) = newest else {
        return Err("CHANGELOG.md has no section: begin one with `## [Unreleased]`".to_owned());
    };
    let (_, body) = section(text, newest).unwrap_or_default();
    filled(newest, &body)
}

/// The heading of a version and what stands below it.
fn section(text: &str, version: &str) -> Option<(String, String)> {
    let mut lines = text.lines();
    let heading = lines.find(|line| line.starts_with(&format!("## [{version}]")))?;
    let body: Vec<&str> =
        lines.take_while(|line| !line.starts_with("## ") && !line.starts_with('[')).collect();
    Some((heading.to_owned(), body.join("\n").trim().to_owned()))
}

fn filled(version: &str, body: &str) -> Result<String, String> {
    if body.lines().any(|line| line.starts_with("- ")) {
        return Ok(format!("{body}\n"));
    }
    Err(format!("CHANGELOG.md: the section of {version} names no change"))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    parts.iter().map(|part| part.len()).eq([4, 2, 2]) && parts.iter().all(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-01-02\n\n### Added\n- A thing.\n\
                        \n## [0.1.0]\n- First.\n\n[0.1.0]: https://example.org\n";

    #[test]
    fn a_version_says_what_its_section_says() {
        assert_eq!(released(TEXT, "0.2.0").unwrap(), "### Added\n- A thing.\n");
    }

    #[test]
    fn a_release_without_a_section_a_day_or_a_change_is_none() {
        assert!(released(TEXT, "0.3.0").unwrap_err().contains("no section"));
        assert!(released(TEXT, "0.1.0").unwrap_err().contains("needs its day"));
        assert!(unreleased(TEXT).unwrap_err().contains("names no change"));
        assert!(unreleased("# Changelog\n").unwrap_err().contains("no section"));
        assert_eq!(unreleased("## [Unreleased]\n- One.\n").unwrap(), "- One.\n");
    }
}
