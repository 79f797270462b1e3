//! Two workspaces and one face.

use std::time::Duration;

use liveline_protocol::status::{Library, LibraryState};

use super::*;
use crate::config::Preferences;
use crate::diagnostics::{Severity, at_file};
use crate::face::Question;

/// What a hub hears, and how it speaks.
struct Hub {
    root: PathBuf,
    events: UnboundedReceiver<FaceEvent>,
    updates: UnboundedSender<HubEvent>,
}

impl Hub {
    fn says(&self, update: HubEvent) {
        self.updates.send(update).expect("a face");
    }

    fn connects(&self) {
        self.says(HubEvent::Connected { root: self.root.clone(), owner: true, pid: 1 });
    }

    fn has(&self, library: &str) {
        self.has_moved(library, None);
    }

    fn has_moved(&self, library: &str, moved_at: Option<u64>) {
        let library = Library {
            library: library.to_owned(),
            state: LibraryState::Idle,
            generation: liveline_protocol::engine::Generation(1),
            last_reload: None,
            unsaved: false,
            undone: None,
            moved_at_unix_micros: moved_at,
            with_package: Vec::new(),
            workspace: None,
        };
        self.says(HubEvent::Status(Status { libraries: vec![library], ..Status::default() }));
    }

    async fn heard(&mut self) -> FaceEvent {
        soon(self.events.recv()).await.expect("a face")
    }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("not within the deadline")
}

/// Two workspaces, with their hubs in the order of the folders.
async fn two() -> (tempfile::TempDir, FoldersLink, Vec<Hub>, UnboundedReceiver<Hub>) {
    let folder = tempfile::tempdir().expect("a folder");
    let roots = ["one", "two", "three"].map(|name| folder.path().join(name));
    for root in &roots {
        std::fs::create_dir_all(root.join("src")).expect("a folder");
        std::fs::write(root.join("src/lib.rs"), "").expect("a file");
        std::fs::write(root.join("Cargo.toml"), "[package]\nname = \"a\"\n").expect("a file");
    }
    let (sender, mut hubs) = mpsc::unbounded_channel();
    let link = connect(roots[..2].to_vec(), move |root| {
        let (event_sender, events) = mpsc::unbounded_channel();
        let (updates, update_receiver) = mpsc::unbounded_channel();
        sender.send(Hub { root, events, updates }).expect("a test");
        Link { events: event_sender, updates: update_receiver }
    });
    let first = [soon(hubs.recv()).await.expect("a hub"), soon(hubs.recv()).await.expect("a hub")];
    (folder, link, first.into(), hubs)
}

async fn next(link: &mut FoldersLink) -> HubEvent {
    soon(link.link.updates.recv()).await.expect("a hub")
}

/// The status that has so many libraries.
async fn libraries(link: &mut FoldersLink, count: usize) -> Vec<String> {
    loop {
        if let HubEvent::Status(status) = next(link).await
            && status.libraries.len() == count
        {
            return status.libraries.into_iter().map(|library| library.library).collect();
        }
    }
}

#[tokio::test]
async fn a_file_goes_to_its_workspace_and_all_say_what_they_have() {
    let (folder, mut link, mut hubs, _more) = two().await;
    hubs.iter().for_each(Hub::connects);
    assert!(matches!(next(&mut link).await, HubEvent::Connected { .. }));
    assert!(matches!(next(&mut link).await, HubEvent::Message { .. }), "only one starts anew");
    let path = folder.path().join("two/src/lib.rs");
    link.link.events.send(FaceEvent::Saved { path: path.clone() }).expect("a hub");
    assert_eq!(hubs[1].heard().await, FaceEvent::Saved { path });
    assert!(hubs[0].events.try_recv().is_err());
    hubs[1].has("b");
    hubs[0].has("a");
    assert_eq!(libraries(&mut link, 2).await, ["a", "b"]);
}

#[tokio::test]
async fn a_command_is_done_when_all_that_it_concerns_have_done_it() {
    let (_folder, mut link, mut hubs, _more) = two().await;
    hubs[0].has("a");
    hubs[1].has("b");
    libraries(&mut link, 2).await;
    let undo = |library: Option<&str>| Command::Redo { library: library.map(str::to_owned) };
    link.link.events.send(FaceEvent::Command { id: 1, command: undo(Some("b")) }).expect("a hub");
    assert!(matches!(hubs[1].heard().await, FaceEvent::Command { id: 1, .. }));
    link.link.events.send(FaceEvent::Command { id: 2, command: undo(None) }).expect("a hub");
    assert!(matches!(hubs[0].heard().await, FaceEvent::Command { id: 2, .. }));
    hubs[0].says(HubEvent::CommandDone { id: 2, result: Err("nothing to redo".to_owned()) });
    hubs[1].says(HubEvent::CommandDone { id: 2, result: Ok(Value::Null) });
    assert_eq!(next(&mut link).await, HubEvent::CommandDone { id: 2, result: Ok(Value::Null) });
    let history = FaceEvent::Asked { id: 3, question: Question::History };
    link.link.events.send(history.clone()).expect("a hub");
    assert_eq!(hubs[0].heard().await, history);
    let answer = |library: &str| Ok(serde_json::json!({ "libraries": [library] }));
    hubs[0].says(HubEvent::CommandDone { id: 3, result: answer("a") });
    hubs[1].says(HubEvent::CommandDone { id: 3, result: answer("b") });
    let both = Ok(serde_json::json!({ "libraries": ["a", "b"] }));
    assert_eq!(next(&mut link).await, HubEvent::CommandDone { id: 3, result: both });
    hubs[1].says(HubEvent::CommandDone { id: 1, result: Err("no".to_owned()) });
    assert_eq!(next(&mut link).await, HubEvent::CommandDone { id: 1, result: Err("no".to_owned()) });
}

#[tokio::test]
async fn a_folder_that_comes_is_told_all_and_one_that_goes_leaves_nothing() {
    let (folder, mut link, mut hubs, mut more) = two().await;
    let path = folder.path().join("three/src/lib.rs");
    let prefers = FaceEvent::Prefers(Preferences { speculate: Some(false), ..Preferences::default() });
    link.link.events.send(prefers.clone()).expect("a hub");
    let opened = FaceEvent::Opened { path, text: "text".to_owned() };
    link.link.events.send(opened.clone()).expect("a hub");
    hubs[0].has("a");
    let wrong = folder.path().join("two/src/lib.rs");
    let diagnostics = vec![at_file(&wrong, Severity::Error, "wrong".to_owned())];
    hubs[1].says(HubEvent::Diagnostics { path: wrong.clone(), diagnostics, seen: None });
    libraries(&mut link, 1).await;
    assert_eq!(hubs[0].heard().await, prefers);
    let folders =
        Folders { added: vec![folder.path().join("three")], removed: vec![folder.path().join("two")] };
    link.folders.send(folders).expect("a hub");
    let mut third = soon(more.recv()).await.expect("a hub");
    assert_eq!(third.heard().await, prefers);
    assert_eq!(third.heard().await, opened);
    let cleared = HubEvent::Diagnostics { path: wrong, diagnostics: Vec::new(), seen: None };
    while next(&mut link).await != cleared {}
    assert!(soon(hubs[1].events.recv()).await.is_some(), "what it was told before");
    while soon(hubs[1].events.recv()).await.is_some() {}
    third.has("c");
    assert_eq!(libraries(&mut link, 2).await, ["a", "c"]);
}

#[tokio::test]
async fn libraries_of_the_same_name_are_told_apart() {
    let (_folder, mut link, mut hubs, _more) = two().await;
    let proof = |library: &str| HubEvent::Proof {
        library: library.to_owned(),
        generation: liveline_protocol::engine::Generation(1),
        functions: Vec::new(),
    };
    hubs[0].has("scripts");
    hubs[0].says(proof("scripts"));
    assert_eq!(libraries(&mut link, 1).await, ["scripts"]);
    assert_eq!(next(&mut link).await, proof("scripts"));
    hubs[1].has("scripts");
    assert_eq!(next(&mut link).await, proof("one/scripts"), "what was said by another name is said again");
    assert_eq!(libraries(&mut link, 2).await, ["one/scripts", "two/scripts"]);
    let undo = |library: &str| Command::Undo { library: Some(library.to_owned()), generation: None };
    link.link.events.send(FaceEvent::Command { id: 1, command: undo("two/scripts") }).expect("a hub");
    assert_eq!(hubs[1].heard().await, FaceEvent::Command { id: 1, command: undo("scripts") });
    assert!(hubs[0].events.try_recv().is_err());
    link.link.events.send(FaceEvent::Command { id: 2, command: undo("scripts") }).expect("a hub");
    let HubEvent::CommandDone { id: 2, result: Err(why) } = next(&mut link).await else {
        panic!("it could mean either")
    };
    assert!(why.ends_with("say one/scripts or two/scripts"), "{why}");
    hubs[1].says(proof("scripts"));
    assert_eq!(next(&mut link).await, proof("two/scripts"));
}

#[tokio::test]
async fn going_back_without_a_name_is_for_the_workspace_that_moved_last() {
    let (_folder, mut link, mut hubs, _more) = two().await;
    hubs[0].has_moved("a", Some(2));
    hubs[1].has_moved("b", Some(1));
    libraries(&mut link, 2).await;
    let undo = Command::Undo { library: None, generation: None };
    link.link.events.send(FaceEvent::Command { id: 1, command: undo.clone() }).expect("a hub");
    assert_eq!(hubs[0].heard().await, FaceEvent::Command { id: 1, command: undo });
    assert!(hubs[1].events.try_recv().is_err());
}
