//! Who may speak to the server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use liveline_protocol::endpoint::{Endpoint, Transport};
use liveline_protocol::message::Message;
use liveline_tests::{Project, Server, events, liveline};

/// Connects, asks for the status, and prints how many bytes come back.
const ASK: &str = "
import socket, sys
body = b'{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"liveline/status\",\"params\":{}}'
s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
s.connect(sys.argv[1])
try:
    s.sendall(b'Content-Length: %d\\r\\n\\r\\n%s' % (len(body), body))
    print(len(s.recv(4096)))
except OSError:
    print(0)
";

fn socket(project: &Project, server: &Server) -> PathBuf {
    let Endpoint { transport: Transport::Unix(path), root, .. } = project.endpoint_of(server.pid());
    assert_eq!(root.map(PathBuf::from), Some(fs::canonicalize(project.root()).expect("the root is there")));
    path.into()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

/// How many bytes a process of user `uid` is answered.
fn answered(socket: &Path, uid: u32) -> u64 {
    let mut ask = Command::new("python3");
    let output = ask.args(["-c", ASK]).arg(socket).uid(uid).current_dir("/").output().expect("python3 runs");
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().unwrap_or_else(|_| panic!("{text} {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_socket_and_the_artifacts_are_for_this_user_only() {
    let project = Project::sample();
    let server = project.serve();
    let socket = socket(&project, &server);
    assert_eq!(mode(socket.parent().unwrap()), 0o700);
    assert_eq!(mode(&project.path("target/liveline/artifacts")), 0o700);
    assert_eq!(mode(&project.path("target/liveline/endpoint.json")), 0o600);
}

/// Only root can try this: it opens the doors that the modes close, so that the check behind them is seen.
#[test]
fn a_process_of_another_user_is_refused_even_if_it_reaches_the_socket() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can start a process of another user");
        return;
    }
    let project = Project::sample();
    let server = project.serve();
    let socket = socket(&project, &server);
    fs::set_permissions(socket.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(answered(&socket, 0) > 0, "its own user is answered");
    assert_eq!(answered(&socket, 65534), 0);
}

#[test]
fn the_endpoint_and_the_socket_go_with_the_server_and_a_killed_ones_with_the_next() {
    let project = Project::sample();
    let mut server = project.serve();
    let first = socket(&project, &server);
    server.kill();
    let mut server = project.serve();
    let second = socket(&project, &server);
    assert!(!first.exists() && !first.parent().unwrap().exists(), "the killed server's folder is gone");
    server.terminate();
    assert!(!second.exists() && !project.path("target/liveline/endpoint.json").exists());
}

/// `rustix` and the protocol agree on what a request looks like; the script above writes it by hand.
#[test]
fn the_question_of_these_tests_is_a_request() {
    let body = ASK
        .split("b'")
        .nth(1)
        .and_then(|rest| rest.split('\'').next())
        .expect("the body")
        .replace("\\\"", "\"");
    assert!(matches!(Message::parse(body.as_bytes()), Ok(Message::Request { .. })), "{body}");
}

#[test]
fn the_status_is_told_where_a_server_runs_and_what_to_do_where_none_does() {
    let project = Project::sample();
    let status = || {
        project.command(liveline()).args(["status", "--root"]).arg(project.root()).output().expect("it runs")
    };
    let nobody = status();
    assert!(!nobody.status.success());
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("no Liveline server runs"), "{nobody:?}");
    let mut server = project.serve();
    server.wait("the first build", |event| events::announced(event, "scripts"));
    let text = String::from_utf8_lossy(&status().stdout).into_owned();
    assert!(text.contains("scripts") && text.contains("no engine is attached"), "{text}");
}
