//! Compilers that are started ahead: nobody can tell their work from a plain compiler's, and they end with the
//! server.

use liveline_protocol::engine::ArtifactKind;
use liveline_server::build::job::{Outcome, Purpose};
use liveline_server::build::pace::Depth;
use liveline_server::diagnostics::Diagnostic;
use liveline_tests::{Built, DEADLINE, PLAYER, Project, Shop, events};
use object::{Object, ObjectSection};

const FILES: &str = "[[library]]\nfiles = \"scripts/src/player.rs\"\n";
const DYLIB: ArtifactKind = ArtifactKind::Dylib;
const OBJECT: ArtifactKind = ArtifactKind::Object;

/// What one text comes to at one depth.
struct Run {
    failed: bool,
    diagnostics: Vec<Diagnostic>,
    /// Code and constants; which file is a unit's first stands in debug information only.
    code: Option<Vec<Vec<u8>>>,
    stage: String,
}

fn code(shared_library: &[u8]) -> Vec<Vec<u8>> {
    let file = object::File::parse(shared_library).expect("a shared library");
    let parts = [".text", ".rodata", ".data.rel.ro", ".eh_frame", ".gcc_except_table", "liveline_iface"];
    let data = |name: &&str| Some(file.section_by_name(name)?.data().ok()?.to_vec());
    parts.iter().filter_map(data).collect()
}

fn run(shop: &Shop, depth: Depth, text: &str) -> Run {
    shop.workshop.warm_only(Some(depth));
    shop.workshop.prepare(&shop.order("player", Purpose::Saved, &[], DYLIB));
    assert_eq!(shop.workshop.wait_until_warm("player"), depth != Depth::Cold, "{depth:?}");
    let mut order = shop.order("player", Purpose::Live, &[(PLAYER, text)], DYLIB);
    order.force = true;
    let Built { outcome, diagnostics, stages } = shop.build(&order);
    let code = match &outcome {
        Outcome::Built(reload) => Some(code(&shop.artifact(reload))),
        _ => None,
    };
    let failed = matches!(outcome, Outcome::Failed);
    assert!(failed || code.is_some(), "{outcome:?}");
    Run { failed, diagnostics, code, stage: stages.last().cloned().unwrap_or_default() }
}

#[test]
fn a_text_comes_to_the_same_however_far_its_compiler_was_ahead() {
    let shop = Shop::sample(FILES);
    let plain = shop.project.read(PLAYER);
    let body = plain.split_once("use ").map(|(_, rest)| format!("use {rest}")).expect("an import");
    let head =
        "#!/bin/sh\n//! é documents.\n\n/* c */ #![warn(unused_variables, reason = \"]\")]\n// more\n\n";
    let headed = format!("{head}{body}");
    shop.project.write(PLAYER, &headed);
    shop.save("player", DYLIB).reload();
    let with = |line: &str| headed.replace("self.ticks += 1;", &format!("self.ticks += 1;\n{line}"));
    let texts = [
        with(""),
        with("let unused = 1;"),
        with("let é = \"é\".len(); if é == 0 { panic!(\"{} {}\", file!(), line!()) }"),
        with("let _ = include_str!(\"../Cargo.toml\"); let _ = include_str!(\"none.txt\");"),
        with("let wrong: u8 = \"x\";"),
        with("let wrong: HashMap<u8, u8> = 1;"),
        with("struct"),
        with("").replace("use game_api::{Script, World};", ""),
        format!("{}\nextern crate alloc;\n", with("")),
        format!("{}\nmod far;\n", with("")),
        format!("{}\nmacro_rules! vec {{ () => {{ 1 }} }}\nfn f() -> u8 {{ vec!() }}\n", with("")),
    ];
    let mut begun_ahead = 0;
    for text in &texts {
        let [cold, arguments, begun] =
            [Depth::Cold, Depth::Arguments, Depth::Head].map(|depth| run(&shop, depth, text));
        assert_eq!(cold.stage, "rustc player");
        assert_eq!(arguments.stage, "rustc player, started ahead");
        begun_ahead += usize::from(begun.stage == "rustc player, begun ahead");
        for warm in [&arguments, &begun] {
            assert_eq!((warm.failed, &warm.diagnostics), (cold.failed, &cold.diagnostics), "{text}");
            assert!(warm.code == cold.code, "{text}");
        }
    }
    assert!(begun_ahead >= 7, "{begun_ahead} of {}", texts.len());
}

#[test]
fn a_compiler_that_waits_for_another_head_is_not_used() {
    let shop = Shop::sample(FILES);
    shop.save("player", OBJECT).reload();
    shop.workshop.warm_only(Some(Depth::Head));
    shop.workshop.prepare(&shop.order("player", Purpose::Saved, &[], OBJECT));
    assert!(shop.workshop.wait_until_warm("player"));
    let text = format!("#![allow(dead_code)]\n{}fn unused() {{}}\n", shop.project.read(PLAYER));
    let built = shop.speculate("player", &[(PLAYER, &text)], OBJECT);
    assert!(matches!(built.outcome, Outcome::Ready { .. }), "{built:?}");
    assert_eq!((built.stages, built.diagnostics), (vec!["rustc player".to_owned()], Vec::new()));
}

#[test]
fn no_compiler_that_waits_outlives_its_workshop() {
    let shop = Shop::sample(FILES);
    shop.save("player", OBJECT).reload();
    for depth in [Depth::Arguments, Depth::Head] {
        shop.workshop.warm_only(Some(depth));
        shop.workshop.prepare(&shop.order("player", Purpose::Saved, &[], OBJECT));
        assert!(shop.workshop.wait_until_warm("player"));
        let waiting = shop.project.processes();
        assert!(waiting.iter().any(|process| process.command.contains("rustc")), "{waiting:?}");
    }
    shop.workshop.stop_warming(None);
    shop.project.wait_until_only(&[]);
}

#[test]
fn the_quickest_way_is_found_out_and_a_build_ends_the_search() {
    let shop = Shop::sample(FILES);
    shop.save("player", OBJECT).reload();
    shop.workshop.prepare(&shop.order("player", Purpose::Saved, &[], OBJECT));
    let text = shop.project.read(PLAYER).replace("\"one\"", "\"two\"");
    std::thread::scope(|scope| {
        let order = shop.order("player", Purpose::Saved, &[], OBJECT);
        let workshop = &shop.workshop;
        scope.spawn(move || workshop.prepare(&order));
        let built = shop.speculate("player", &[(PLAYER, &text)], OBJECT);
        assert!(matches!(built.outcome, Outcome::Ready { .. }), "{built:?}");
    });
}

#[test]
fn compilers_that_wait_end_with_a_server_that_is_killed() {
    let project = Project::sample();
    project.write("liveline.toml", FILES);
    let mut server = project.serve();
    server.wait("the first build", |event| events::announced(event, "player"));
    for word in ["two", "three"] {
        let text = project.read(PLAYER).replace("_dt: f32) {", &format!("_dt: f32) {{ let _ = {word:?};"));
        project.write(PLAYER, &text);
        server.wait("a save's build", |event| events::announced(event, "player"));
    }
    let is_waiting = |project: &Project| {
        let pipes = project.path("target/liveline/build");
        let processes = project.processes();
        processes.iter().any(|process| {
            process.command.contains("bin/rustc") && process.command.contains(&*pipes.to_string_lossy())
        })
    };
    let deadline = std::time::Instant::now() + DEADLINE;
    while !is_waiting(&project) {
        assert!(std::time::Instant::now() < deadline, "no compiler was started ahead");
        std::thread::yield_now();
    }
    server.kill();
    project.wait_until_only(&[]);
}
