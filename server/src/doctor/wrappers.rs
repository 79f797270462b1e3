//! Programs that stand between cargo and rustc, as sccache does.

use std::path::Path;

use super::Finding;
use crate::os;
use crate::project::cargo_config::CargoConfig;

const WHAT: &str = "compiler wrapper";

/// A wrapper that cargo is told to use.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wrapper {
    program: String,
    /// The variable, or the key and its file.
    named_by: String,
    is_there: bool,
}

/// Of the wrappers for a folder.
pub(super) fn examine(root: &Path) -> Vec<Finding> {
    let config = CargoConfig::read(root);
    let wrappers = [
        (["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER"], "rustc-wrapper"),
        (["RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER"], "rustc-workspace-wrapper"),
    ];
    wrappers
        .iter()
        .filter_map(|(variables, key)| wrapper(variables, key, &config))
        .map(|one| judge(&one))
        .collect()
}

/// Variables go before the file.
fn wrapper(variables: &[&str], key: &str, config: &CargoConfig) -> Option<Wrapper> {
    let (program, named_by) = match variables.iter().find_map(|name| Some((std::env::var(name).ok()?, *name)))
    {
        Some((program, name)) => (program, name.to_owned()),
        None => {
            let (program, file) = config.program(&["build", key])?;
            (program.to_string_lossy().into_owned(), format!("`build.{key}` in {}", file.display()))
        }
    };
    let is_there = match program.contains('/') {
        true => os::is_program(Path::new(&program)),
        false => os::on_path(&program).is_some(),
    };
    // An empty variable switches the wrapper off.
    (!program.is_empty()).then_some(Wrapper { program, named_by, is_there })
}

fn judge(Wrapper { program, named_by, is_there }: &Wrapper) -> Finding {
    match is_there {
        true => Finding::note(
            WHAT,
            format!("{named_by} is `{program}`"),
            "none needed: cargo's part of a build goes through it, and what follows a save does not",
        ),
        false => Finding::trouble(
            WHAT,
            format!("{named_by} is `{program}`, which is not there: cargo can compile nothing"),
            format!("install `{program}`, or take the wrapper out"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn a_wrapper_is_named_with_its_place_and_a_missing_one_is_trouble() {
        let there = Wrapper { program: "sccache".into(), named_by: "RUSTC_WRAPPER".into(), is_there: true };
        assert_eq!(judge(&there).health, Health::Note);
        let gone = judge(&Wrapper { is_there: false, ..there });
        assert_eq!(gone.health, Health::Trouble);
        assert!(gone.mend.unwrap().contains("install `sccache`"));
    }

    #[test]
    fn cargos_configuration_is_looked_into() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(".cargo")).unwrap();
        std::fs::write(root.path().join(".cargo/config.toml"), "[build]\nrustc-wrapper = \"./none\"\n")
            .unwrap();
        let config = CargoConfig::read(root.path());
        let found = wrapper(&["LIVELINE_TEST_NO_SUCH_VARIABLE"], "rustc-wrapper", &config).unwrap();
        assert!(!found.is_there && found.named_by.contains(".cargo/config.toml"), "{found:?}");
        assert_eq!(wrapper(&["LIVELINE_TEST_NO_SUCH_VARIABLE"], "rustc-workspace-wrapper", &config), None);
    }
}
