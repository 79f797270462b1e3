//! The parts of a save's way that take no process: typing, framing, messages, names of files, linking.
//!
//! `cargo bench --package liveline-benches --features parts`

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use cargo_metadata::diagnostic::Diagnostic;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use liveline_benches::text::{self, Flavour};
use liveline_protocol::frame::{self, Decoder};
use liveline_server::build::job::Overlay;
use liveline_server::build::parts::{self, Tree};
use liveline_server::diagnostics::from_rustc;
use liveline_server::project::script_file::Standing;
use liveline_server::text::{Change, Document, Encoding, LspPosition, LspRange, Version};

/// An edit in a large buffer, by an editor that counts in UTF-16.
fn typing(criterion: &mut Criterion) {
    let text = text::script("Player", 10_040, 0, Flavour::Liveline);
    let mut document = Document::new(&text, Version(1));
    let mut number = 0;
    criterion.bench_function("a character typed in 10,000 lines", |bencher| {
        bencher.iter(|| {
            number += 1;
            let at = LspPosition { line: number * 7919 % 10_000, column: 0 };
            let range = Some(LspRange { start: at, end: at });
            document.apply(&Change { range, text: "x".to_owned() }, Encoding::Utf16)
        });
    });
    criterion.bench_function("10,000 lines made into one string", |bencher| {
        bencher.iter(|| document.text().to_string());
    });
}

fn frames(criterion: &mut Criterion) {
    let body = br#"{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///game/scripts/src/player.rs","version":12},"contentChanges":[{"range":{"start":{"line":4,"character":8},"end":{"line":4,"character":8}},"text":"x"}]}}"#;
    let mut group = criterion.benchmark_group("frames decoded");
    for (name, body) in [("a keystroke", body.to_vec()), ("a whole file", vec![b' '; 400_000])] {
        let frame = frame::encode(&body).expect("a short body");
        group.throughput(Throughput::Bytes(frame.len() as u64));
        group.bench_function(name, |bencher| {
            let mut decoder = Decoder::default();
            bencher.iter(|| {
                frame.chunks(16 * 1024).for_each(|chunk| decoder.push(chunk));
                black_box(decoder.next_body().expect("a frame"))
            });
        });
    }
    group.finish();
}

/// rustc's messages, from their bytes to diagnostics.
fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rustc's messages");
    for name in ["mismatch", "macros", "imports"] {
        let file = repository().join(format!("server/src/diagnostics/fixtures/{name}.json"));
        let text = std::fs::read_to_string(file).expect("a fixture");
        group.throughput(Throughput::Elements(text.lines().count() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for line in text.lines() {
                    let Ok(message) = serde_json::from_str::<Diagnostic>(line) else { continue };
                    black_box(from_rustc::diagnostics(&message, Path::new("/game")));
                }
            });
        });
    }
    group.finish();
}

/// Whether a file can be built alone is asked at every save.
fn standing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("whether a script file stands alone");
    for lines in text::LENGTHS {
        let text = text::script("Player", lines, 0, Flavour::Liveline);
        group.bench_function(format!("{lines} lines"), |bencher| bencher.iter(|| Standing::of(&text)));
    }
    group.finish();
}

/// What a save asks of its text and of rustc's account before anything is compiled.
fn sources(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a script's head cut off for a waiting rustc");
    for lines in text::LENGTHS {
        let text = text::script("Player", lines, 0, Flavour::Liveline);
        group.bench_function(format!("{lines} lines"), |bencher| bencher.iter(|| parts::fed(&text)));
    }
    group.finish();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scripts.d");
    let names: String = (0..200).map(|number| format!(" scripts/src/script{number:03}.rs")).collect();
    std::fs::write(
        &file,
        format!("/game/target/libscripts.so:{names}\n\n# env-dep:CARGO_PKG_NAME=scripts\n"),
    )
    .expect("a file");
    criterion.bench_function("dep-info of 200 files", |bencher| {
        bencher.iter(|| parts::dep_info(&file, Path::new("/game")).expect("dep-info"));
    });
}

/// The tree that a library is compiled from, brought up to date for the next text.
fn shadow(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let sources = folder.path().join("game/scripts/src");
    std::fs::create_dir_all(&sources).expect("folders");
    let text = text::script("Player", 347, 0, Flavour::Liveline);
    for number in 0..200 {
        std::fs::write(sources.join(format!("script{number:03}.rs")), &text).expect("a file");
    }
    let file = sources.join("script000.rs");
    let mut tree = Tree::new(folder.path().join("shadow"));
    let overlay = Overlay::from([(file.clone(), text.into())]);
    tree.refresh(&file, &overlay).expect("a tree");
    criterion.bench_function("the shadow tree brought up to date, 200 files", |bencher| {
        bencher.iter(|| tree.refresh(&file, &overlay).expect("a tree"));
    });
}

/// The arena's scripts, from rustc's objects to an image.
fn linking(criterion: &mut Criterion) {
    let archive = arena_objects();
    let mut group = criterion.benchmark_group("the arena's scripts linked in memory");
    group.throughput(Throughput::Bytes(archive.len() as u64));
    group.bench_function("with debug information", |bencher| {
        bencher.iter_batched(|| (), |()| link(&archive, true), BatchSize::LargeInput);
    });
    group.bench_function("without", |bencher| {
        bencher.iter_batched(|| (), |()| link(&archive, false), BatchSize::LargeInput);
    });
    group.finish();
}

fn link(archive: &[u8], debug: bool) -> liveline_link::Image {
    let objects = liveline_link::members(archive).expect("an archive");
    let options = liveline_link::Options { debug, ..liveline_link::Options::new("scripts") };
    liveline_link::link(&objects, &options).expect("rustc's objects")
}

fn arena_objects() -> Vec<u8> {
    let own = std::env::current_exe().expect("a running program");
    let target = own.ancestors().find(|folder| folder.ends_with("release")).expect("cargo's folder");
    let target = target.with_file_name("benches-arena");
    let status = Command::new("cargo")
        .args(["rustc", "--quiet", "--package", "scripts", "--lib", "--crate-type", "lib", "--target-dir"])
        .arg(&target)
        .current_dir(repository().join("examples/arena"))
        .status();
    assert!(status.is_ok_and(|status| status.success()), "the arena builds");
    std::fs::read(target.join("debug/libscripts.rlib")).expect("the scripts")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn quick() -> Criterion {
    Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2))
}

criterion_group! {
    name = all;
    config = quick();
    targets = typing, frames, messages, standing, sources, shadow, linking
}
criterion_main!(all);
