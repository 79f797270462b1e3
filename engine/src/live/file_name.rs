//! Artifacts are named by a file name, never by a path.

/// Fails with a sentence unless `name` names a file in whatever directory it is looked up in.
pub(crate) fn check(name: &str) -> Result<(), String> {
    let reason = match name {
        "" => "is empty",
        "." | ".." => "names a directory",
        name if name.contains(['/', '\\']) => "leaves the artifact directory",
        name if name.contains('\0') => "has a zero byte",
        name if name.len() > 255 => "is longer than 255 bytes",
        _ => return Ok(()),
    };
    let shown: String = name.chars().take(80).collect();
    Err(format!("artifact file name {shown:?} {reason}: it must be a plain file name"))
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_plain_name_is_refused() {
        for name in [
            "",
            ".",
            "..",
            "/etc/passwd",
            "../x.so",
            "a/../b",
            "a/b",
            "a\\b",
            "x\0.so",
            "dir/",
            &"x".repeat(256),
        ] {
            assert!(check(name).is_err(), "{name:?}");
        }
        for name in ["libscripts-3.so", "...", "a b.so", "ünï.so", "-rf"] {
            assert_eq!(check(name), Ok(()), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_name_stays_in_its_directory(name in "([./\\\\a\0é]|\\.\\.){0,6}") {
            if check(&name).is_ok() {
                let components: Vec<_> = Path::new(&name).components().collect();
                prop_assert!(matches!(components[..], [Component::Normal(_)]), "{:?}", name);
            }
        }
    }
}
