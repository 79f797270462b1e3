//! State that goes from one type to another, by name.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::rc::{Rc, Weak};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::State;
use crate::mode::migrate::{Failure, Loader, Saver};

/// A value as another type, within this process.
fn moved<A: State, B: State>(value: &A) -> Result<B, Failure> {
    Loader::load(&Saver::save(value, false)?, false)
}

fn refusal<A: State, B: State>(value: &A) -> String {
    moved::<A, B>(value).err().map(|failure| failure.to_string()).unwrap_or_default()
}

mod old {
    use super::*;

    #[derive(Clone, Debug, Default, State)]
    pub(super) struct Player {
        pub(super) speed: f32,
        pub(super) jumps: u32,
        pub(super) name: String,
        pub(super) bag: Vec<Item>,
        pub(super) mode: Mode,
        pub(super) gone: bool,
    }

    #[derive(Clone, Debug, Default, PartialEq, State)]
    pub(super) struct Item {
        pub(super) kind: u8,
        pub(super) count: u16,
    }

    #[derive(Clone, Debug, Default, PartialEq, State)]
    pub(super) enum Mode {
        #[default]
        Stand,
        Walk(f32),
        Fly {
            high: f32,
            fuel: u8,
        },
        Swim,
    }
}

mod new {
    use super::*;

    #[derive(Debug, State)]
    pub(super) struct Player {
        pub(super) bag: VecDeque<Item>,
        #[state(renamed_from = "speed")]
        pub(super) velocity: f64,
        pub(super) jumps: Option<u64>,
        pub(super) lives: u8,
        pub(super) mode: Mode,
        pub(super) name: Rc<str>,
    }

    impl Default for Player {
        fn default() -> Self {
            Self {
                bag: VecDeque::new(),
                velocity: -1.0,
                jumps: None,
                lives: 3,
                mode: Mode::Stand,
                name: "nobody".into(),
            }
        }
    }

    #[derive(Clone, Debug, PartialEq, State)]
    pub(super) struct Item {
        pub(super) label: String,
        pub(super) count: i64,
        pub(super) kind: u8,
    }

    #[derive(Clone, Debug, PartialEq, State)]
    pub(super) enum Mode {
        Dive {
            deep: u8,
        },
        Fly {
            fuel: u8,
            high: f64,
            warm: bool,
        },
        #[state(renamed_from = "Walk")]
        Run(f64, u8),
        Stand,
    }
}

fn mode() -> impl Strategy<Value = old::Mode> {
    prop_oneof![
        Just(old::Mode::Stand),
        any::<f32>().prop_map(old::Mode::Walk),
        (any::<f32>(), any::<u8>()).prop_map(|(high, fuel)| old::Mode::Fly { high, fuel }),
        Just(old::Mode::Swim),
    ]
}

fn player() -> impl Strategy<Value = old::Player> {
    let item = (any::<u8>(), any::<u16>()).prop_map(|(kind, count)| old::Item { kind, count });
    (any::<f32>(), any::<u32>(), ".{0,9}", prop::collection::vec(item, 0..6), mode(), any::<bool>())
        .prop_map(|(speed, jumps, name, bag, mode, gone)| old::Player { speed, jumps, name, bag, mode, gone })
}

proptest! {
    #[test]
    fn fields_go_by_name_and_new_ones_start_from_their_default(player in player()) {
        let result = moved::<_, new::Player>(&player);
        if player.mode == old::Mode::Swim {
            let failure = result.unwrap_err();
            prop_assert_eq!(
                failure.to_string(),
                "field `mode: Mode` of `Player`: it is the variant `Swim`, and the new variants are `Dive`, `Fly`, `Run`, `Stand`"
            );
            prop_assert!(failure.trail[0].at.0.ends_with("migrate_tests.rs"));
            return Ok(());
        }
        let new = result.unwrap();
        prop_assert_eq!(new.velocity.to_bits(), f64::from(player.speed).to_bits());
        prop_assert_eq!((new.jumps, new.lives, &*new.name), (Some(player.jumps.into()), 3, player.name.as_str()));
        let items = player.bag.iter().map(|item| new::Item { label: String::new(), count: item.count.into(), kind: item.kind });
        prop_assert_eq!(new.bag, items.collect::<VecDeque<_>>());
        let same = match (&player.mode, &new.mode) {
            (old::Mode::Walk(a), new::Mode::Run(b, 0)) => f64::from(*a).to_bits() == b.to_bits(),
            (old::Mode::Fly { high, fuel }, new::Mode::Fly { fuel: f, high: h, warm: false }) =>
                f64::from(*high).to_bits() == h.to_bits() && fuel == f,
            (old::Mode::Stand, new::Mode::Stand) => true,
            _ => false,
        };
        prop_assert!(same);
    }

    #[test]
    fn integers_go_over_if_their_value_does(value in any::<i64>()) {
        prop_assert_eq!(moved::<i64, u8>(&value).ok(), u8::try_from(value).ok());
        prop_assert_eq!(moved::<i64, u128>(&value).ok(), u128::try_from(value).ok());
        prop_assert_eq!(moved::<i64, i128>(&value).ok(), Some(value.into()));
        let exact = (value as f64) as i128 == i128::from(value);
        prop_assert_eq!(moved::<i64, f64>(&value).ok(), exact.then_some(value as f64));
    }

    #[test]
    fn floats_go_over_to_integers_if_they_are_whole(value in prop_oneof![any::<f64>(), any::<i32>().prop_map(f64::from)]) {
        let whole = value.fract() == 0.0 && (i64::MIN as f64..i64::MAX as f64).contains(&value);
        prop_assert_eq!(moved::<f64, i64>(&value).ok(), whole.then_some(value as i64));
    }

    #[test]
    fn containers_may_change_their_kind(values in prop::collection::vec(any::<u16>(), 0..20)) {
        let set = moved::<_, HashSet<u32>>(&values).unwrap();
        prop_assert_eq!(set, values.iter().map(|value| u32::from(*value)).collect::<HashSet<_>>());
        let map: HashMap<u16, Vec<u16>> = values.iter().map(|value| (*value, values.clone())).collect();
        let sorted = moved::<_, BTreeMap<u64, VecDeque<u16>>>(&map).unwrap();
        prop_assert_eq!(sorted.len(), map.len());
        prop_assert!(sorted.iter().all(|(key, list)| *list == map[&u16::try_from(*key).unwrap()]));
        prop_assert_eq!(moved::<_, [u16; 3]>(&values).is_ok(), values.len() == 3);
    }
}

#[test]
fn what_cannot_go_over_is_said_with_its_field() {
    #[derive(State)]
    struct Was {
        speed: f32,
    }
    #[derive(Debug, State)]
    struct Is {
        speed: String,
    }
    assert_eq!(
        refusal::<_, Is>(&Was { speed: 1.5 }),
        "field `speed: String` of `Is`: `1.5` is no `alloc::string::String`"
    );
    assert_eq!(refusal::<_, u8>(&None::<u8>), "it is `None`, and the new type is not optional");
    assert!(refusal::<_, f32>(&f64::MAX).contains("is no `f32`"));
    assert_eq!(moved::<f64, f32>(&f64::INFINITY).ok(), Some(f32::INFINITY));
    assert_eq!(moved::<i128, f64>(&i128::MAX).ok(), None, "the nearest float is another number");
    assert_eq!(moved::<u32, f32>(&16_777_217).ok(), None, "a float of 24 digits");
    assert_eq!(moved::<u32, f32>(&16_777_216).ok(), Some(16_777_216.0));
    assert_eq!(moved::<i128, f64>(&i128::MIN).ok(), Some(-2_f64.powi(127)));
}

#[test]
fn a_new_field_without_any_default_is_refused_before_anything_happens() {
    #[derive(State)]
    struct Was {}
    #[derive(Debug, State)]
    struct Needs {
        id: Id,
    }
    #[derive(Debug, State)]
    struct Id {
        number: u8,
    }
    assert!(refusal::<_, Needs>(&Was {}).contains("neither it nor its struct has a `Default`"));
}

#[test]
fn pointers_share_what_they_shared() {
    #[derive(State)]
    struct Was {
        a: Rc<u8>,
        b: Rc<u8>,
        c: Weak<u8>,
    }
    #[derive(State)]
    struct Is {
        a: Rc<u32>,
        b: Rc<u32>,
        c: Weak<u32>,
    }
    let a = Rc::new(7);
    let was = Was { c: Rc::downgrade(&a), b: Rc::clone(&a), a };
    let is: Is = moved(&was).map_err(|failure| failure.to_string()).unwrap();
    assert!(Rc::ptr_eq(&is.a, &is.b) && *is.a == 7);
    assert!(is.c.upgrade().is_some_and(|c| Rc::ptr_eq(&c, &is.a)));
    let outside = Rc::clone(&was.a);
    assert_eq!(refusal::<_, Is>(&was), "a `Rc` is shared with values outside of the state");
    drop(outside);
}

#[test]
fn circles_and_deep_lists_are_refused() {
    #[derive(State)]
    struct Node {
        next: std::cell::RefCell<Option<Rc<Node>>>,
    }
    let node = Rc::new(Node { next: std::cell::RefCell::new(None) });
    *node.next.borrow_mut() = Some(Rc::clone(&node));
    let two = (node, 1u8);
    assert!(refusal::<_, (Rc<Node>, u16)>(&two).contains("circle"));
    *two.0.next.borrow_mut() = None;

    #[derive(State)]
    struct List {
        next: Option<Box<List>>,
    }
    let mut list = List { next: None };
    for _ in 0..600 {
        list = List { next: Some(Box::new(list)) };
    }
    assert!(refusal::<_, List>(&list).contains("nested more than"));
}

#[test]
fn skipped_fields_need_no_way() {
    struct Opaque;
    #[derive(State)]
    struct Was {
        kept: u8,
        #[state(skip)]
        handle: Option<Opaque>,
    }
    let is: (u8, bool) = {
        let is: Was =
            moved(&Was { kept: 3, handle: Some(Opaque) }).map_err(|failure| failure.to_string()).unwrap();
        (is.kept, is.handle.is_some())
    };
    assert_eq!(is, (3, false));
}

#[test]
fn types_without_state_go_by_serde_or_as_they_are() {
    #[derive(Serialize, Deserialize)]
    struct Own {
        a: u8,
    }
    #[derive(Serialize, Deserialize)]
    struct Wider {
        a: u32,
        #[serde(default)]
        b: u8,
    }
    #[derive(State)]
    struct Was {
        own: Own,
        at: std::time::Instant,
        thread: std::thread::ThreadId,
    }
    #[derive(State)]
    struct Is {
        thread: std::thread::ThreadId,
        own: Wider,
        at: std::time::Instant,
    }
    let was = Was { own: Own { a: 9 }, at: std::time::Instant::now(), thread: std::thread::current().id() };
    let is: Is = moved(&was).map_err(|failure| failure.to_string()).unwrap();
    assert_eq!((is.own.a, is.own.b, is.at, is.thread), (9, 0, was.at, was.thread));
}

#[test]
fn the_next_process_gets_what_can_be_written() {
    let was = old::Player { speed: 2.5, jumps: 4, name: "ß".to_owned(), ..old::Player::default() };
    let saved = Saver::save(&was, true).unwrap();
    let read = crate::mode::tree::bytes::read(&crate::mode::tree::bytes::write(&saved)).unwrap();
    let is: new::Player = Loader::load(&read, true).unwrap();
    assert_eq!((is.velocity, is.jumps, &*is.name, is.lives), (2.5, Some(4), "ß", 3));
}

#[test]
fn generic_types_and_newtypes_go_over() {
    #[derive(State)]
    struct Pair<T>(T, T);
    #[derive(State)]
    struct Hp(i32);
    let pair: Pair<u64> = moved(&Pair(1u8, 2u8)).unwrap();
    assert_eq!((pair.0, pair.1), (1, 2));
    assert_eq!(moved::<_, f32>(&Hp(7)).ok(), Some(7.0));
    assert_eq!(moved::<_, Hp>(&7u8).ok().map(|hp| hp.0), Some(7));
    assert_eq!(moved::<_, (u16, u16)>(&Pair(1u8, 2u8)).ok(), Some((1, 2)));
}
