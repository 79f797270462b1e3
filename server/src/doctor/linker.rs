//! The linker of the game and of the API crate, and what it needs.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::Finding;
use crate::os;
use crate::project::cargo_config::CargoConfig;

/// What rustc calls where nobody chose a linker.
const DEFAULT: &str = "cc";
const INSTALL: &str = "install GCC or Clang: `apt install gcc`, `dnf install gcc`, or what your system has";

/// What there is.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// What rustc calls.
    program: String,
    /// Who chose it.
    chosen_in: Option<String>,
    is_there: bool,
    /// What it calls in turn, where it says so: a linker proper that is not there.
    lacks_ld: Option<String>,
    /// Whether it lacks the C library's files, without which nothing can be linked.
    lacks_libc: bool,
    /// What `-fuse-ld` names, where that is not there.
    lacks_chosen_ld: Option<String>,
    /// Of a game that CMake builds: the programs that are missing.
    lacks_for_cmake: Vec<&'static str>,
}

/// Of the linker that rustc would call in this folder for this target.
pub(super) async fn examine(root: &Path, host: Option<&str>) -> Vec<Finding> {
    judge(&gather(root, host.unwrap_or_default()).await)
}

async fn gather(root: &Path, host: &str) -> Facts {
    let config = CargoConfig::read(root);
    let flags = rustflags(&config, host);
    let (program, chosen_in) = chosen(&config, host, &flags);
    let is_there = match program.contains('/') {
        true => os::is_program(Path::new(&program)),
        false => os::on_path(&program).is_some(),
    };
    let ask = |question: &'static str| {
        let program = program.clone();
        async move {
            let output = Command::new(program).arg(question).current_dir(root).output().await.ok()?;
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
    };
    let (mut lacks_ld, mut lacks_libc) = (None, false);
    // A linker proper (`ld.lld`, `rust-lld`) does not know these questions.
    if is_there
        && let (Some(ld), Some(start)) =
            (ask("-print-prog-name=ld").await, ask("-print-file-name=crt1.o").await)
    {
        let has_ld =
            if ld.contains('/') { os::is_program(Path::new(&ld)) } else { os::on_path(&ld).is_some() };
        lacks_ld = (!has_ld).then_some(ld);
        lacks_libc = cfg!(target_os = "linux") && !Path::new(&start).is_absolute();
    }
    let chosen_ld = fuse_ld(&flags).filter(|name| {
        let names = [format!("ld.{name}"), name.clone()];
        !names.iter().any(|name| os::on_path(name).is_some() || os::is_program(Path::new(name)))
    });
    let for_cmake = root.join("CMakeLists.txt").is_file();
    let cmake = ["cmake", "c++"].into_iter().filter(|program| for_cmake && os::on_path(program).is_none());
    Facts {
        program,
        chosen_in,
        is_there,
        lacks_ld,
        lacks_libc,
        lacks_chosen_ld: chosen_ld,
        lacks_for_cmake: cmake.collect(),
    }
}

fn rustflags(config: &CargoConfig, host: &str) -> Vec<String> {
    if let Ok(flags) = std::env::var("RUSTFLAGS") {
        return flags.split_whitespace().map(str::to_owned).collect();
    }
    let of_target = config.words(&["target", host, "rustflags"]);
    if of_target.is_empty() { config.words(&["build", "rustflags"]) } else { of_target }
}

fn chosen(config: &CargoConfig, host: &str, flags: &[String]) -> (String, Option<String>) {
    let flag = flags.iter().find_map(|flag| flag.strip_prefix("-Clinker=").or(flag.strip_prefix("linker=")));
    if let Some(program) = flag {
        return (program.to_owned(), Some("rustflags".to_owned()));
    }
    let variable = format!("CARGO_TARGET_{}_LINKER", host.to_uppercase().replace(['-', '.'], "_"));
    if let Some(program) = std::env::var(&variable).ok().filter(|program| !program.is_empty()) {
        return (program, Some(variable));
    }
    match config.program(&["target", host, "linker"]) {
        Some((program, file)) => {
            (PathBuf::from(program).display().to_string(), Some(file.display().to_string()))
        }
        None => (DEFAULT.to_owned(), None),
    }
}

fn fuse_ld(flags: &[String]) -> Option<String> {
    flags.iter().find_map(|flag| Some(flag.split_once("-fuse-ld=")?.1.to_owned()))
}

fn judge(facts: &Facts) -> Vec<Finding> {
    let what = "linker";
    let program = match &facts.chosen_in {
        Some(place) => format!("`{}`, which {place} names", facts.program),
        None => format!("`{}`", facts.program),
    };
    let mut findings = vec![match facts {
        Facts { is_there: false, chosen_in: None, .. } => Finding::trouble(
            what,
            format!("there is no {program}, which links the game and the API crate"),
            INSTALL,
        ),
        Facts { is_there: false, .. } => Finding::trouble(
            what,
            format!("there is no {program}; it links the game and the API crate"),
            "install it, or take that line out",
        ),
        Facts { lacks_ld: Some(ld), .. } => Finding::trouble(
            what,
            format!("{program} is there, and `{ld}`, which it calls, is not"),
            "install the linker proper: `apt install binutils`, `dnf install binutils`",
        ),
        Facts { lacks_libc: true, .. } => Finding::trouble(
            what,
            format!("{program} is there, and finds no `crt1.o` of the C library: nothing can be linked"),
            "install the C library's files: `apt install libc6-dev`, `dnf install glibc-devel`",
        ),
        Facts { lacks_chosen_ld: Some(ld), .. } => Finding::trouble(
            what,
            format!("rustflags say `-fuse-ld={ld}`, and there is no `ld.{ld}`"),
            format!("install `{ld}`, or take the flag out"),
        ),
        _ => Finding::good(what, format!("{program} is there")),
    }];
    if !facts.lacks_for_cmake.is_empty() {
        let named: Vec<String> = facts.lacks_for_cmake.iter().map(|program| format!("`{program}`")).collect();
        findings.push(Finding::trouble(
            "C++ compiler",
            format!("CMake builds the game here, and there is no {}", named.join(" and no ")),
            "install it: `apt install g++ cmake`, `dnf install gcc-c++ cmake`",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    fn there() -> Facts {
        Facts { program: DEFAULT.to_owned(), is_there: true, ..Facts::default() }
    }

    fn trouble(facts: &Facts) -> String {
        let findings = judge(facts);
        let finding = findings.last().unwrap();
        assert_eq!(finding.health, Health::Trouble, "{finding:?}");
        format!("{}; {}", finding.found, finding.mend.as_deref().unwrap())
    }

    #[test]
    fn whatever_linking_lacks_is_named_with_what_to_install() {
        assert_eq!(judge(&there())[0].health, Health::Good);
        assert!(trouble(&Facts { is_there: false, ..there() }).contains("apt install gcc"));
        let chosen =
            Facts { program: "clang-99".into(), chosen_in: Some("/w/.cargo/config.toml".into()), ..there() };
        assert!(trouble(&Facts { is_there: false, ..chosen }).contains("take that line out"));
        assert!(trouble(&Facts { lacks_ld: Some("ld".into()), ..there() }).contains("binutils"));
        assert!(trouble(&Facts { lacks_libc: true, ..there() }).contains("libc6-dev"));
        assert!(
            trouble(&Facts { lacks_chosen_ld: Some("mold".into()), ..there() }).contains("install `mold`")
        );
        assert!(
            trouble(&Facts { lacks_for_cmake: vec!["cmake"], ..there() }).contains("no `cmake`; install it")
        );
    }

    #[test]
    fn who_chose_the_linker_is_known() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(".cargo")).unwrap();
        let write = |text: &str| std::fs::write(root.path().join(".cargo/config.toml"), text).unwrap();
        write("[target.some-host]\nlinker = \"clang\"\nrustflags = [\"-Clink-arg=-fuse-ld=mold\"]\n");
        let config = CargoConfig::read(root.path());
        let flags = config.words(&["target", "some-host", "rustflags"]);
        let (program, place) = chosen(&config, "some-host", &flags);
        assert_eq!(program, "clang");
        assert!(place.unwrap().ends_with(".cargo/config.toml"));
        assert_eq!(fuse_ld(&flags).as_deref(), Some("mold"));
        assert_eq!(chosen(&config, "some-host", &["-Clinker=lld".into()]).0, "lld");
        assert_eq!(chosen(&CargoConfig::default(), "h", &[]), (DEFAULT.to_owned(), None));
    }
}
