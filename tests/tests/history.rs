//! What the editor is told of the generations that are kept, and what their files held.

use std::time::Instant;

use liveline_tests::{DEADLINE, Live, PLAYER, Typist, events};
use serde_json::{Value, json};

fn ask(typist: &mut Typist, method: &str, params: Value) -> Value {
    typist.ask(method, params)["result"].clone()
}

fn generations(typist: &mut Typist) -> Vec<Value> {
    let history = ask(typist, "liveline/history", json!({}));
    let library = &history["libraries"][0];
    assert_eq!(library["library"], "scripts", "{history:#}");
    library["generations"].as_array().expect("generations").clone()
}

#[test]
fn a_second_server_tells_of_generations_and_of_what_their_files_held_also_after_a_restart() {
    let mut live = Live::start();
    live.say("two");
    let earlier_text = live.project.read(PLAYER);
    live.say("three");
    for word in ["two", "three"] {
        live.server.wait(word, |event| events::applied(event, "scripts"));
    }
    let mut typist = Typist::open(&live.project, PLAYER);
    let kept = generations(&mut typist);
    let (newest, earlier, oldest) = (&kept[0], &kept[1], &kept[kept.len() - 1]);
    assert_eq!((&newest["trigger"], &oldest["trigger"]), (&json!("watch"), &json!("initial")), "{kept:#?}");
    assert_eq!((&newest["outcome"], newest["runsIn"].as_array().map(Vec::len)), (&json!("applied"), Some(1)));
    assert!(newest["saveToLiveMicros"].as_u64() > Some(0) && newest["atUnixMicros"].is_u64(), "{newest:#}");

    let params = |generation: &Value| json!({ "library": "scripts", "generation": generation });
    let path = live.project.path(PLAYER).display().to_string();
    let differs = |typist: &mut Typist, generation: &Value| {
        let sources = ask(typist, "liveline/sources", params(generation));
        let files = sources["files"].as_array().expect("files").clone();
        let file = files.iter().find(|file| file["path"] == path.as_str());
        file.unwrap_or_else(|| panic!("{path} in {files:#?}"))["differs"].clone()
    };
    assert_eq!(differs(&mut typist, &newest["generation"]), json!(false));
    assert_eq!(differs(&mut typist, &earlier["generation"]), json!(true));
    let source = json!({ "library": "scripts", "generation": earlier["generation"], "path": path });
    assert_eq!(ask(&mut typist, "liveline/source", source.clone())["text"], earlier_text.as_str());

    typist.command_with("liveline.undo", json!([params(&earlier["generation"])]));
    live.game.wait_for("says two");
    live.server.wait("it is known", |event| events::applied(event, "scripts"));
    drop(typist);
    live.server.terminate();
    let mut server = live.project.serve_with(&[]);
    server.wait("the game is back", |event| events::applied(event, "scripts"));
    let mut typist = Typist::open(&live.project, PLAYER);
    assert_eq!(ask(&mut typist, "liveline/source", source)["text"], earlier_text.as_str());
    let again = generations(&mut typist);
    let numbers = |kept: &[Value]| kept.iter().map(|one| one["generation"].clone()).collect::<Vec<Value>>();
    assert_eq!(numbers(&again), numbers(&kept));
    for time in ["atUnixMicros", "saveToLiveMicros"] {
        assert_eq!(again[0][time], kept[0][time], "{again:#?}");
    }
    assert_eq!(again[1]["runsIn"].as_array().map(Vec::len), Some(1), "{again:#?}");
}

#[test]
fn a_save_in_an_editor_is_told_as_one_although_the_file_watch_is_quicker() {
    let mut live = Live::start();
    let mut typist = Typist::open(&live.project, PLAYER);
    // Its server has found the owner by then.
    generations(&mut typist);
    for (before, after) in [("one", "two"), ("two", "three")] {
        typist.replace(&format!("world.say(\"{before}\")"), &format!("world.say(\"{after}\")"));
        typist.save();
        live.game.wait_for(&format!("says {after}"));
    }
    // On a busy machine the editor may say so when the game runs it already.
    let deadline = Instant::now() + DEADLINE;
    loop {
        let kept = generations(&mut typist);
        let triggers: Vec<&Value> = kept.iter().take(2).map(|one| &one["trigger"]).collect();
        if triggers == ["save", "save"] {
            break;
        }
        assert!(Instant::now() < deadline, "{triggers:?}");
    }
}
