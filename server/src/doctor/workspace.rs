//! The game's workspace.

use std::net::SocketAddr;
use std::path::Path;

use super::Finding;
use crate::link;
use crate::os;
use crate::project::{Broken, Project};
use liveline_protocol::endpoint;
use liveline_protocol::remote::TOKEN_FILE;

/// Of a workspace as it was read.
pub(super) async fn examine(project: &Result<Project, Broken>) -> Vec<Finding> {
    let project = match project {
        Ok(project) => project,
        Err(Broken { message, path, at }) => {
            let place = format!("{}:{}:{}", path.display(), at.line, at.column);
            return vec![Finding::trouble("workspace", message.clone(), format!("see {place}"))];
        }
    };
    let mut findings = vec![libraries(project)];
    findings.extend(project.with_package.iter().map(|file| {
        Finding::note(
            "script file",
            format!("{} is built with its package `{}`: {}", file.path.display(), file.owner, file.reason),
            "none needed: its saves take the package's time; what it shares with others can move to the API crate",
        )
    }));
    if project.engines.is_empty() {
        findings.push(Finding::trouble(
            "engine",
            "no program of the workspace depends on `liveline`: nothing would load what is built",
            "add the crate to the game: `cargo add liveline`",
        ));
    }
    findings.push(server(project).await);
    findings.extend(project.config.remote.listen.map(|address| remote(address, &project.home().folder)));
    findings
}

/// Of the port for engines on other hosts.
fn remote(address: SocketAddr, folder: &Path) -> Finding {
    const WHAT: &str = "engines elsewhere";
    let file = folder.join(TOKEN_FILE);
    if let Err(error) = os::open_secret(&file)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        let found = format!("the token in {} is not used: {error}", file.display());
        return Finding::trouble(
            WHAT,
            found,
            "remove the file: the server makes a new token, to be copied anew",
        );
    }
    if address.ip().is_loopback() {
        return Finding::good(WHAT, format!("they attach at {address}, from this host or through a tunnel"));
    }
    Finding::note(
        WHAT,
        format!("they attach at {address}; what goes over that network is authenticated, not encrypted"),
        "where others share that network, listen at 127.0.0.1 and let engines come through `ssh -R`",
    )
}

fn libraries(project: &Project) -> Finding {
    let names: Vec<&str> = project.libraries.iter().map(|library| library.name.as_str()).collect();
    match names.as_slice() {
        [] => Finding::trouble(
            "workspace",
            format!("{} has no script library", project.root.display()),
            "give the package of the scripts `crate-type = [\"lib\", \"cdylib\"]`, or name script files in liveline.toml",
        ),
        [one] => Finding::good("workspace", format!("{} with the library {one}", project.root.display())),
        all => Finding::good("workspace", format!("{} with {} libraries", project.root.display(), all.len())),
    }
}

async fn server(project: &Project) -> Finding {
    let folder = project.home().folder;
    match link::reach(&folder).await {
        Some(_) => Finding::good("server", "one runs for this workspace; see `liveline status`"),
        None if folder.join(endpoint::FILE).exists() => Finding::note(
            "server",
            "none runs; one that was killed has left its endpoint",
            "none needed: the next server replaces it, and engines look for it until then",
        ),
        None => Finding::good("server", "none runs for this workspace"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::doctor::Health;

    #[test]
    fn a_port_is_good_unless_others_can_listen_or_may_know_the_token() {
        let folder = tempfile::tempdir().unwrap();
        let check = |address: &str| remote(address.parse().unwrap(), folder.path()).health;
        assert_eq!(check("127.0.0.1:7878"), Health::Good);
        assert_eq!(check("0.0.0.0:7878"), Health::Note);
        let file = folder.path().join(TOKEN_FILE);
        crate::channel::token::keep(&file).unwrap();
        assert_eq!(check("[::1]:0"), Health::Good);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(check("[::1]:0"), Health::Trouble);
    }
}
