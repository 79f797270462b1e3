//! Where engines look for the server, and who answers there.

use std::fs;
use std::path::{Path, PathBuf};

use liveline_protocol::PROTOCOL_VERSION;
use liveline_protocol::endpoint::{self, ENDPOINT_VARIABLE};
use tokio::net::UnixStream;

use super::Finding;
use crate::channel::peer::{self, Join};
use crate::link;
use crate::os;

const WHAT: &str = "server";

/// What an endpoint file leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// There is no file.
    None,
    /// A server answers; its version, or why it does not tell it.
    Runs(Result<String, String>),
    /// It is no endpoint file.
    Unreadable,
    /// It is of a server that speaks another protocol.
    OtherProtocol(u64),
    /// Nobody listens. The process may exist all the same: another one, or one that hangs.
    Stale { pid: u32, is_process: bool },
}

/// Of the workspace with this folder of Liveline's.
pub(super) async fn examine(folder: &Path) -> Vec<Finding> {
    let file = folder.join(endpoint::FILE);
    let state = look(&file).await;
    let variable = std::env::var_os(ENDPOINT_VARIABLE).map(PathBuf::from);
    let of_variable = match &variable {
        Some(path) => Some((path.as_path(), look(path).await)),
        None => None,
    };
    let named = of_variable.filter(|(path, _)| *path != file);
    let mut findings = vec![judge(&file, &state)];
    findings.extend(named.map(|(path, state)| judge_variable(path, &state)));
    findings
}

async fn look(file: &Path) -> State {
    let Ok(text) = fs::read(file) else { return State::None };
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(&text) else { return State::Unreadable };
    let number = |name: &str| value.get(name).and_then(serde_json::Value::as_u64);
    match (number("protocol"), number("pid").and_then(|pid| u32::try_from(pid).ok())) {
        (Some(protocol), _) if protocol != u64::from(PROTOCOL_VERSION) => State::OtherProtocol(protocol),
        (Some(_), Some(pid)) => match link::reach(file.parent().unwrap_or(Path::new(""))).await {
            Some(stream) => State::Runs(version(stream).await.map_err(|error| error.to_string())),
            None => State::Stale { pid, is_process: os::process_exists(pid) },
        },
        _ => State::Unreadable,
    }
}

async fn version(stream: UnixStream) -> anyhow::Result<String> {
    let answer: Join = serde_json::from_value(link::ask(stream, peer::VERSION).await?)?;
    Ok(answer.version)
}

fn judge(file: &Path, state: &State) -> Finding {
    let file = file.display();
    match state {
        State::Runs(Ok(version)) if *version == Join::ours().version => {
            Finding::good(WHAT, format!("{version} runs for this workspace; see `liveline status`"))
        }
        State::Runs(Ok(version)) => Finding::trouble(
            WHAT,
            format!("{version} runs for this workspace, and this program is {}", Join::ours().version),
            "restart the editor, or end that `liveline`, so that one version serves all",
        ),
        State::Runs(Err(why)) => Finding::trouble(
            WHAT,
            format!("one runs for this workspace that does not tell its version: {why}"),
            "restart the editor, or end that `liveline`: it hangs, or is of another version",
        ),
        State::None => Finding::good(WHAT, "none runs for this workspace"),
        State::Unreadable => Finding::note(
            WHAT,
            format!("none runs, and {file} is no endpoint file"),
            "none needed: the next server replaces it",
        ),
        State::OtherProtocol(theirs) => Finding::trouble(
            WHAT,
            format!(
                "{file} is of a server that speaks protocol {theirs}, and this program speaks {PROTOCOL_VERSION}"
            ),
            "end that server (close its editor), and use one version of `liveline` everywhere",
        ),
        State::Stale { is_process: false, .. } => Finding::note(
            WHAT,
            "none runs; one that was killed has left its endpoint",
            "none needed: the next server replaces it, and engines look for it until then",
        ),
        State::Stale { pid, .. } => Finding::note(
            WHAT,
            format!(
                "{file} names process {pid}, which does not answer: it hangs, or has that number by chance"
            ),
            format!(
                "if `ps -p {pid}` says liveline, end it: `kill {pid}`; the next server replaces the file"
            ),
        ),
    }
}

fn judge_variable(file: &Path, state: &State) -> Finding {
    let found = format!("{ENDPOINT_VARIABLE} is {}", file.display());
    match state {
        State::Runs(_) => Finding::note(
            WHAT,
            format!("{found}: a game that is started here finds that server, and not this workspace's"),
            format!("`unset {ENDPOINT_VARIABLE}` if that is not what you want"),
        ),
        _ => Finding::trouble(
            WHAT,
            format!("{found}, where no server answers: a game that is started here looks nowhere else"),
            format!("`unset {ENDPOINT_VARIABLE}`"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn each_state_has_its_mend() {
        let of = |state: State| judge(Path::new("/t/endpoint.json"), &state);
        assert_eq!(of(State::Runs(Ok(Join::ours().version))).health, Health::Good);
        let other = of(State::Runs(Ok("9.9.0".to_owned())));
        assert!(other.health == Health::Trouble && other.found.contains("9.9.0"), "{other:?}");
        assert_eq!(of(State::Runs(Err("why".to_owned()))).health, Health::Trouble);
        assert_eq!(of(State::None).health, Health::Good);
        assert_eq!(of(State::Unreadable).health, Health::Note);
        assert_eq!(of(State::OtherProtocol(9)).health, Health::Trouble);
        assert_eq!(of(State::Stale { pid: 7, is_process: false }).health, Health::Note);
        let taken = of(State::Stale { pid: 7, is_process: true });
        assert!(taken.mend.unwrap().contains("ps -p 7"));
        let named = |state: State| judge_variable(Path::new("/t/endpoint.json"), &state);
        assert_eq!(named(State::Runs(Ok(String::new()))).health, Health::Note);
        assert_eq!(named(State::None).health, Health::Trouble);
    }

    #[tokio::test]
    async fn files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(endpoint::FILE);
        let write = |text: String| fs::write(&file, text).unwrap();
        assert_eq!(look(&file).await, State::None);
        write("{".to_owned());
        assert_eq!(look(&file).await, State::Unreadable);
        write("{\"protocol\":99,\"pid\":1}".to_owned());
        assert_eq!(look(&file).await, State::OtherProtocol(99));
        let pid = std::process::id();
        write(format!(
            "{{\"protocol\":{PROTOCOL_VERSION},\"pid\":{pid},\"transport\":{{\"unix\":\"/none\"}}}}"
        ));
        assert_eq!(look(&file).await, State::Stale { pid, is_process: true });
        let socket = folder.path().join("socket");
        let listener = tokio::net::UnixListener::bind(&socket).unwrap();
        // One that hangs up on whoever comes.
        tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        write(format!(
            "{{\"protocol\":{PROTOCOL_VERSION},\"pid\":{pid},\"transport\":{{\"unix\":\"{}\"}}}}",
            socket.display()
        ));
        assert!(matches!(look(&file).await, State::Runs(Err(_))));
    }
}
