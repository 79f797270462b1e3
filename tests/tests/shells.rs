//! Completions and the manual's pages, read by the programs that they are for.

use std::process::{Command, Output};

use liveline_tests::liveline;
use liveline_tests::native::has;

fn said(words: &[&str]) -> String {
    let Output { status, stdout, .. } =
        Command::new(liveline()).args(words).output().expect("liveline starts");
    assert!(status.success(), "{words:?}");
    String::from_utf8(stdout).expect("text")
}

/// What a shell offers after these words.
#[test]
fn bash_completes_commands_and_options() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("liveline");
    std::fs::write(&script, said(&["completions", "bash"])).unwrap();
    let complete = |words: &[&str]| {
        let last = words.len() - 1;
        let line = format!(
            "source '{}'; COMP_WORDS=({}); COMP_CWORD={last}; _liveline liveline '{}' '{}'; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            script.display(),
            words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
            words[last],
            words[last - 1],
        );
        let Output { status, stdout, stderr } =
            Command::new("bash").args(["--norc", "-euc", &line]).output().expect("bash starts");
        let error = String::from_utf8_lossy(&stderr).into_owned();
        assert!(status.success() && error.is_empty(), "{words:?}: {error}");
        String::from_utf8_lossy(&stdout).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete(&["liveline", "do"]), ["doctor"]);
    assert_eq!(complete(&["liveline", "headless", "--j"]), ["--json"]);
    assert_eq!(complete(&["liveline", "new", "--engine", "c"]), ["cpp"]);
}

#[test]
fn every_shell_has_its_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = said(&["completions", shell]);
        assert!(script.contains("doctor"), "{shell}");
        // Those that are here read it.
        if ["fish", "zsh"].contains(&shell) && Command::new(shell).arg("--version").output().is_ok() {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("script");
            std::fs::write(&file, &script).unwrap();
            let read = Command::new(shell).arg("-n").arg(&file).output().expect("it starts");
            assert!(read.status.success() && read.stderr.is_empty(), "{shell}: {read:?}");
        }
    }
}

#[test]
fn the_manuals_pages_are_read_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    said(&["man", &folder.path().display().to_string()]);
    let mut pages: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.path()).collect();
    pages.sort();
    assert!(pages.iter().any(|page| page.ends_with("liveline-new.1")), "{pages:?}");
    assert_eq!(said(&["man"]), std::fs::read_to_string(folder.path().join("liveline.1")).unwrap());
    if !has(&["man"]) {
        return;
    }
    for page in &pages {
        let mut man = Command::new("man");
        man.args(["--warnings", "-l", "-Tutf8", "-E", "UTF-8"]).arg(page).env("MANWIDTH", "80");
        let read = man.output().expect("man starts");
        assert!(read.status.success() && read.stderr.is_empty(), "{}: {read:?}", page.display());
        assert!(!read.stdout.is_empty(), "{}", page.display());
    }
}
