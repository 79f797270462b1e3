//! `liveline doctor` on a workspace that is well, and on one that asks for what is not there.

use liveline_tests::{Project, liveline};
use serde_json::Value;

/// The exit status, and the findings by name.
fn doctor(project: &Project) -> (bool, Vec<Value>) {
    let output = project.command(liveline()).args(["doctor", "--json"]).output().expect("liveline starts");
    let findings = serde_json::from_slice(&output.stdout).expect("the findings are JSON");
    (output.status.success(), findings)
}

#[test]
fn a_workspace_that_works_is_well() {
    let (is_well, findings) = doctor(&Project::sample());
    assert!(is_well, "{findings:#?}");
    let names: Vec<&str> = findings.iter().filter_map(|finding| finding["what"].as_str()).collect();
    for name in ["rustc", "code generators", "linker", "loaders", "workspace", "server"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}

#[test]
fn a_workspace_that_cannot_be_read_is_told_with_its_place() {
    let project = Project::sample();
    project.write("liveline.toml", "[build]\nspeculate = 3\n");
    let (is_well, findings) = doctor(&project);
    assert!(!is_well);
    let finding =
        findings.iter().find(|finding| finding["what"] == "workspace").expect("the workspace is looked at");
    assert_eq!(finding["health"], "trouble");
    assert!(finding["mend"].as_str().is_some_and(|mend| mend.contains("liveline.toml:2:")), "{finding}");
}
