//! Objects that rustc hands over: they are the artifact, and a linker makes the same library of them later.

use liveline_protocol::engine::{ArtifactKind, Reload};
use liveline_tests::{PLAYER, Shop};
use object::{Object, ObjectSymbol};

const DYLIB: ArtifactKind = ArtifactKind::Dylib;
const OBJECT: ArtifactKind = ArtifactKind::Object;

fn undefined_in(shop: &Shop, reload: &Reload) -> Vec<String> {
    let archive = shop.artifact(reload);
    let members = liveline_link::members(&archive).expect("an archive");
    assert!(!members.is_empty());
    let files: Vec<_> = members.iter().map(|m| object::File::parse(m.bytes).expect("an object")).collect();
    let globals = || files.iter().flat_map(|file| file.symbols()).filter(|symbol| symbol.is_global());
    let names = |undefined: bool| {
        globals()
            .filter(move |symbol| symbol.is_undefined() == undefined)
            .filter_map(|symbol| symbol.name().ok().map(str::to_owned))
            .collect::<std::collections::BTreeSet<_>>()
    };
    names(true).difference(&names(false)).cloned().collect()
}

#[test]
fn an_archive_of_objects_can_be_linked_to_what_rustc_would_have_linked() {
    let mut shop = Shop::sample("");
    let objects = shop.save("scripts", OBJECT).reload();
    assert_eq!(objects.artifact.kind, OBJECT);
    let linked = shop.workshop.in_form("scripts", objects.generation, DYLIB).expect("a shared library");
    let again = shop.workshop.in_form("scripts", objects.generation, DYLIB).expect("the same");
    assert_eq!((linked.generation, &linked.artifact), (objects.generation, &again.artifact));
    let mut order = shop.order("scripts", liveline_server::build::job::Purpose::Saved, &[], DYLIB);
    order.force = true;
    let whole = shop.build(&order).reload();
    assert_eq!(whole.artifact.sha256, linked.artifact.sha256);
    let newest = shop.save("scripts", OBJECT);
    drop(newest);
    shop.restart();
    let current = shop.workshop.last_good("scripts").expect("a generation");
    assert!(shop.workshop.in_form("scripts", current.generation, DYLIB).is_ok());
}

#[test]
fn what_static_libraries_define_comes_with_the_objects() {
    let shop = Shop::sample("");
    let plain = shop.save("scripts", OBJECT).reload();
    let before = undefined_in(&shop, &plain);
    let line = "self.ticks += (u128::from(self.ticks) * 7 / (u128::from(self.ticks) + 1)) as u64;";
    shop.project.replace(PLAYER, "self.ticks += 1;", line);
    let after = undefined_in(&shop, &shop.save("scripts", OBJECT).reload());
    let more: Vec<&String> = after.iter().filter(|name| !before.contains(name)).collect();
    assert!(!more.iter().any(|name| name.contains("udivti3")), "{more:?}");
}

#[test]
fn a_native_library_needs_a_linker_and_that_is_said_once() {
    let shop = Shop::sample("");
    shop.save("scripts", OBJECT).reload();
    let text = shop.project.read(PLAYER);
    let native = |word: &str| {
        let text = text.replace("\"one\"", &format!("{word:?}"));
        let block = "#[link(name = \"resolv\")]\nunsafe extern \"C\" { fn __res_init() -> i32; }";
        shop.project.write(
            PLAYER,
            &format!("{text}\npub fn used() -> i32 {{ unsafe{{ __res_init() }} }}\n{block}\n"),
        );
        shop.save("scripts", OBJECT)
    };
    let said = |stages: &[String]| stages.iter().filter(|stage| stage.contains("`resolv`")).count();
    let first = native("two");
    assert_eq!((first.reload().artifact.kind, said(&first.stages)), (DYLIB, 1), "{first:?}");
    let second = native("three");
    assert_eq!((second.reload().artifact.kind, said(&second.stages)), (DYLIB, 0), "{second:?}");
}
