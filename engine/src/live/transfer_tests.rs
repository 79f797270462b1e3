//! Artifacts on their way, against a server that answers in its own time and links that break.

use std::collections::{BTreeMap, VecDeque};

use liveline_protocol::engine::{Artifact, ArtifactKind, Generation, Reload, Trigger};
use liveline_protocol::remote::{Chunk, MAX_CHUNK, WINDOW, Wanted};
use proptest::prelude::*;

use crate::mode::transfer::{Arrived, Transfers};

const WHOLE: usize = MAX_CHUNK;

fn content(file: &str, length: usize) -> Vec<u8> {
    let seed = file.bytes().map(usize::from).sum::<usize>();
    (0..length).map(|index| (index.wrapping_mul(31) + index / 251 + seed) as u8).collect()
}

fn reload(library: &str, generation: u64, length: usize) -> Reload {
    let file = format!("{library}-{generation}");
    Reload {
        library: library.to_owned(),
        generation: Generation(generation),
        artifact: Artifact { kind: ArtifactKind::Object, sha256: file.clone(), file, bytes: length as u64 },
        changed: Vec::new(),
        trigger: Trigger::Save,
        speculated: false,
        unsaved: false,
        build_micros: 0,
        saved_at_unix_micros: None,
        api: None,
        reset: None,
    }
}

/// A server that has every file, and what it was asked for and has not answered.
#[derive(Default)]
struct Server {
    lengths: BTreeMap<String, usize>,
    asked: VecDeque<(u64, Wanted)>,
    served: usize,
}

impl Server {
    fn has(&mut self, reload: &Reload) {
        self.lengths.insert(reload.artifact.file.clone(), reload.artifact.bytes as usize);
    }

    fn hear(&mut self, transfers: &mut Transfers) {
        for (id, wanted) in transfers.ask() {
            assert!(wanted.bytes <= MAX_CHUNK as u64 && wanted.bytes > 0);
            self.asked.push_back((id, wanted));
        }
        assert!(self.asked.len() <= WINDOW, "{} requests wait", self.asked.len());
    }

    fn answer(&mut self) -> Option<Chunk> {
        let (request, wanted) = self.asked.pop_front()?;
        let all = content(&wanted.file, self.lengths[&wanted.file]);
        let from = wanted.offset as usize;
        let bytes = all[from..from + wanted.bytes as usize].to_vec();
        self.served += bytes.len();
        Some(Chunk { request, bytes })
    }
}

fn serve(transfers: &mut Transfers, server: &mut Server) -> Vec<Arrived> {
    let mut arrived = Vec::new();
    server.hear(transfers);
    while let Some(chunk) = server.answer() {
        arrived.extend(transfers.take(&chunk).unwrap());
        server.hear(transfers);
    }
    arrived
}

#[test]
fn an_artifact_comes_in_its_parts_whatever_its_length() {
    for length in [0, 1, WHOLE - 1, WHOLE, WHOLE + 1, 7 * WHOLE + 5] {
        let (mut transfers, mut server) = (Transfers::default(), Server::default());
        let reload = reload("a", 1, length);
        server.has(&reload);
        let mut arrived: Vec<Arrived> = transfers.begin(reload.clone()).into_iter().collect();
        arrived.extend(serve(&mut transfers, &mut server));
        assert_eq!(arrived.len(), 1);
        assert_eq!((&arrived[0].reload, &arrived[0].bytes), (&reload, &content("a-1", length)));
        assert!(transfers.of("a").is_none() && transfers.ask().is_empty());
    }
}

#[test]
fn what_had_come_before_the_link_was_lost_does_not_come_again() {
    let (mut transfers, mut server) = (Transfers::default(), Server::default());
    let reload = reload("a", 1, 10 * WHOLE + 7);
    server.has(&reload);
    transfers.begin(reload.clone());
    for _ in 0..6 {
        server.hear(&mut transfers);
        assert_eq!(transfers.take(&server.answer().unwrap()), Ok(None));
    }
    assert_eq!(transfers.lost(), [reload.clone()]);
    server.asked.clear();
    transfers.begin(reload);
    let arrived = serve(&mut transfers, &mut server);
    assert_eq!(arrived[0].bytes, content("a-1", 10 * WHOLE + 7));
    assert_eq!(server.served, 10 * WHOLE + 7, "no byte was sent twice");
}

#[test]
fn a_newer_generation_is_asked_for_first_and_late_parts_of_the_older_are_dropped() {
    let (mut transfers, mut server) = (Transfers::default(), Server::default());
    let (older, newer) = (reload("a", 1, 100 * WHOLE), reload("a", 2, 2 * WHOLE));
    [&older, &newer].into_iter().for_each(|reload| server.has(reload));
    transfers.begin(older.clone());
    server.hear(&mut transfers);
    assert_eq!(transfers.give_up("a"), Some(older));
    transfers.begin(newer.clone());
    let arrived = serve(&mut transfers, &mut server);
    assert_eq!(arrived, [Arrived { reload: newer, bytes: content("a-2", 2 * WHOLE) }]);
    assert_eq!(server.served, (WINDOW + 2) * WHOLE, "of the older one no more than a window came");
}

#[test]
fn another_library_does_not_wait_for_one_that_is_large() {
    let (mut transfers, mut server) = (Transfers::default(), Server::default());
    let (large, small) = (reload("large", 1, 100 * WHOLE), reload("small", 1, 10));
    [&large, &small].into_iter().for_each(|reload| server.has(reload));
    transfers.begin(large);
    server.hear(&mut transfers);
    transfers.begin(small);
    let mut parts = 0;
    let first = loop {
        parts += 1;
        let arrived = transfers.take(&server.answer().unwrap()).unwrap();
        server.hear(&mut transfers);
        if let Some(arrived) = arrived {
            break arrived;
        }
    };
    assert_eq!((first.reload.library.as_str(), parts), ("small", WINDOW + 1));
}

#[test]
fn what_was_not_asked_for_ends_the_connection() {
    let mut transfers = Transfers::default();
    assert!(transfers.take(&Chunk { request: 1, bytes: vec![1] }).is_err());
    transfers.begin(reload("a", 1, 3 * WHOLE));
    let (id, _) = transfers.ask()[0].clone();
    for length in [0, WHOLE - 1, WHOLE + 1] {
        let mut transfers = Transfers::default();
        transfers.begin(reload("a", 1, 3 * WHOLE));
        transfers.ask();
        assert!(transfers.take(&Chunk { request: id, bytes: vec![0; length] }).is_err(), "{length}");
    }
    assert_eq!(transfers.take(&Chunk { request: id, bytes: vec![0; WHOLE] }), Ok(None));
    assert!(transfers.take(&Chunk { request: id, bytes: vec![0; WHOLE] }).is_err(), "the same once more");
}

#[test]
fn a_part_that_the_server_cannot_give_ends_its_transfer_alone() {
    let (mut transfers, mut server) = (Transfers::default(), Server::default());
    let (gone, there) = (reload("gone", 1, 9 * WHOLE), reload("there", 1, 9 * WHOLE));
    [&gone, &there].into_iter().for_each(|reload| server.has(reload));
    transfers.begin(gone.clone());
    server.hear(&mut transfers);
    transfers.begin(there.clone());
    let (id, _) = server.asked.pop_front().unwrap();
    assert_eq!(transfers.failed(id), Some(gone));
    assert_eq!(transfers.failed(id), None);
    assert_eq!(serve(&mut transfers, &mut server).len(), 1);
}

#[derive(Clone, Debug)]
enum Happens {
    Announced { library: u8, length: usize },
    Answered,
    Refused,
    Lost,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        2 => (0u8..3, 1usize..5 * WHOLE).prop_map(|(library, length)| Happens::Announced { library, length }),
        6 => Just(Happens::Answered),
        1 => Just(Happens::Refused),
        1 => Just(Happens::Lost),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whatever happens on the way: what arrives is whole and the newest of its library, and nothing is forgotten.
    #[test]
    fn what_arrives_is_what_was_announced_last(events in prop::collection::vec(happens(), 0..60)) {
        let (mut transfers, mut server) = (Transfers::default(), Server::default());
        let mut newest: BTreeMap<String, Reload> = BTreeMap::new();
        let mut generation = 0;
        let arrive = |newest: &mut BTreeMap<String, Reload>, arrived: Arrived| {
            let wanted = newest.remove(&arrived.reload.library);
            assert_eq!(Some(&arrived.reload), wanted.as_ref());
            let file = &arrived.reload.artifact.file;
            assert_eq!(arrived.bytes, content(file, arrived.reload.artifact.bytes as usize));
        };
        for event in events {
            match event {
                Happens::Announced { library, length } => {
                    generation += 1;
                    let reload = reload(&format!("l{library}"), generation, length);
                    server.has(&reload);
                    prop_assert_eq!(transfers.give_up(&reload.library), newest.remove(&reload.library));
                    newest.insert(reload.library.clone(), reload.clone());
                    prop_assert_eq!(transfers.begin(reload), None);
                }
                Happens::Answered => {
                    if let Some(chunk) = server.answer()
                        && let Some(arrived) = transfers.take(&chunk).unwrap()
                    {
                        arrive(&mut newest, arrived);
                    }
                }
                Happens::Refused => {
                    if let Some((id, _)) = server.asked.pop_front()
                        && let Some(reload) = transfers.failed(id)
                    {
                        prop_assert_eq!(newest.remove(&reload.library), Some(reload));
                    }
                }
                Happens::Lost => {
                    server.asked.clear();
                    let mut lost = transfers.lost();
                    lost.sort_by(|one, other| one.library.cmp(&other.library));
                    prop_assert_eq!(&lost, &newest.values().cloned().collect::<Vec<_>>());
                    lost.into_iter().for_each(|reload| drop(transfers.begin(reload)));
                }
            }
            server.hear(&mut transfers);
        }
        serve(&mut transfers, &mut server).into_iter().for_each(|arrived| arrive(&mut newest, arrived));
        prop_assert!(newest.is_empty(), "never came: {:?}", newest.keys());
    }
}
