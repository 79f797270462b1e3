//! The handshake and the records against peers and networks of every kind.

use proptest::prelude::*;

use super::*;

const ENGINE: Nonce = [1; 32];
const SERVER: Nonce = [2; 32];

fn token() -> Token {
    Token::new([7; 32])
}

/// Two ends that speak to each other in pieces of `cut` bytes, and all that the engine and the server sent.
struct Spoken {
    engine: Ends,
    server: Ends,
    from_engine: Vec<u8>,
    from_server: Vec<u8>,
}

fn speak(cut: usize) -> Spoken {
    let mut caller = Caller::new(token(), ENGINE);
    let mut answerer = Answerer::new(token(), SERVER);
    let mut from_engine = caller.hello();
    let mut from_server = Vec::new();
    for piece in from_engine.chunks(cut) {
        match answerer.take(piece).unwrap() {
            Step::Send(bytes) => from_server = bytes,
            Step::Wait => assert!(answerer.wants() > 0),
            Step::Done(_) => panic!("nothing is proved yet"),
        }
    }
    let mut established = None;
    for piece in from_server.chunks(cut) {
        assert!(established.is_none());
        established = caller.take(piece).unwrap();
    }
    let Established { proof, ends: engine } = established.expect("a whole challenge came");
    let mut server = None;
    for piece in proof.chunks(cut) {
        assert!(piece.len() <= answerer.wants());
        if let Step::Done(ends) = answerer.take(piece).unwrap() {
            server = Some(*ends);
        }
    }
    from_engine.extend(proof);
    Spoken { engine, server: server.expect("a whole proof came"), from_engine, from_server }
}

fn open(opener: &mut Opener, bytes: &[u8]) -> Result<Vec<Record>, Tampered> {
    opener.push(bytes);
    std::iter::from_fn(|| opener.next_record().transpose()).collect()
}

/// What a server says to these bytes, given as far as it reads.
fn answer(bytes: &[u8]) -> Result<Vec<Step>, Refusal> {
    let mut answerer = Answerer::new(token(), SERVER);
    let mut rest = bytes;
    let mut steps = Vec::new();
    while !rest.is_empty() && answerer.wants() > 0 {
        let (piece, after) = rest.split_at(rest.len().min(answerer.wants()));
        rest = after;
        match answerer.take(piece)? {
            Step::Done(ends) => {
                steps.push(Step::Done(ends));
                break;
            }
            step => steps.push(step),
        }
    }
    Ok(steps)
}

fn is_let_in(bytes: &[u8]) -> bool {
    answer(bytes).is_ok_and(|steps| steps.iter().any(|step| matches!(step, Step::Done(_))))
}

#[test]
fn both_ends_agree_and_each_direction_has_a_key_of_its_own() {
    let mut spoken = speak(usize::MAX);
    let mut sent = Vec::new();
    spoken.engine.sealer.seal(Kind::Frames, b"attach", &mut sent);
    assert_eq!(spoken.engine.opener.next_record(), Ok(None));
    assert_eq!(open(&mut spoken.engine.opener, &sent), Err(Tampered), "what is sent back is not taken");
    let record = Record { kind: Kind::Frames, payload: b"attach".to_vec() };
    assert_eq!(open(&mut spoken.server.opener, &sent), Ok(vec![record]));
}

#[test]
fn the_token_is_never_sent() {
    let spoken = speak(usize::MAX);
    let sent = [spoken.from_engine, spoken.from_server].concat();
    assert!(!sent.windows(8).any(|window| window == [7; 8]));
    let shown = format!("{:?} {:?}", token(), Caller::new(token(), ENGINE));
    assert!(shown.contains("Token(…)") && !shown.contains("7, 7"), "{shown}");
}

#[test]
fn a_web_page_is_refused_at_its_first_byte() {
    for request in [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        b"POST /attach HTTP/1.1\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"liveline-remote / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"Content-Length: 52\r\n\r\n",
    ] {
        assert!(matches!(Answerer::new(token(), SERVER).take(&request[..1]), Err(Refusal::NotLiveline)));
        assert_eq!(Answerer::farewell(Refusal::NotLiveline), b"");
    }
}

#[test]
fn another_version_is_told_which_one_this_is() {
    let mut hello = Caller::new(token(), ENGINE).hello();
    hello[19] = 9;
    let refusal = answer(&hello).unwrap_err();
    assert_eq!(refusal, Refusal::OtherVersion(9));
    let mut farewell = Answerer::farewell(refusal);
    let mut caller = Caller::new(token(), ENGINE);
    assert_eq!(farewell.len(), caller.wants());
    assert_eq!(caller.take(&farewell).unwrap_err(), Refusal::WrongToken, "it proves nothing");
    farewell[19] = 4;
    let refusal = Caller::new(token(), ENGINE).take(&farewell).unwrap_err();
    assert!(refusal.to_string().contains("version 4") && refusal.to_string().contains("version 1"));
}

#[test]
fn neither_side_speaks_to_one_with_another_token() {
    let other = Token::new([8; 32]);
    let hello = Caller::new(token(), ENGINE).hello();
    let mut answerer = Answerer::new(other.clone(), SERVER);
    let Ok(Step::Send(challenge)) = answerer.take(&hello) else { panic!("no challenge") };
    assert_eq!(Caller::new(token(), ENGINE).take(&challenge).unwrap_err(), Refusal::WrongToken);
    // One that does not mind that the server proves nothing.
    let proof = Caller::new(other, ENGINE).take(&challenge).unwrap().unwrap().proof;
    assert!(!is_let_in(&[hello, proof].concat()));
}

#[test]
fn a_session_that_was_recorded_lets_nobody_in_again() {
    let spoken = speak(usize::MAX);
    assert!(is_let_in(&spoken.from_engine), "the very same nonces are this test's own");
    let mut answerer = Answerer::new(token(), [3; 32]);
    let (hello, proof) = spoken.from_engine.split_at(answerer.wants());
    answerer.take(hello).unwrap();
    assert_eq!(answerer.take(proof).unwrap_err(), Refusal::WrongToken);
    let mut caller = Caller::new(token(), [3; 32]);
    assert_eq!(caller.take(&spoken.from_server).unwrap_err(), Refusal::WrongToken);
}

#[test]
fn a_server_that_sends_the_engines_own_bytes_back_is_not_believed() {
    let mut caller = Caller::new(token(), ENGINE);
    let hello = caller.hello();
    let mut answerer = Answerer::new(token(), ENGINE);
    answerer.take(&hello).unwrap();
    // The engine's nonce for both sides, and the proof of the other role.
    let Ok(Step::Send(challenge)) = Answerer::new(token(), ENGINE).take(&hello) else { panic!() };
    let proof = caller.take(&challenge).unwrap().unwrap().proof;
    let mirrored = [&challenge[..52], &proof].concat();
    assert_eq!(Caller::new(token(), ENGINE).take(&mirrored).unwrap_err(), Refusal::WrongToken);
}

#[test]
fn every_changed_byte_of_the_handshake_is_noticed() {
    let spoken = speak(usize::MAX);
    for at in 0..spoken.from_engine.len() {
        let mut bytes = spoken.from_engine.clone();
        bytes[at] ^= 0x10;
        assert!(!is_let_in(&bytes), "engine's byte {at}");
    }
    for at in 0..spoken.from_server.len() {
        let mut bytes = spoken.from_server.clone();
        bytes[at] ^= 0x10;
        assert!(Caller::new(token(), ENGINE).take(&bytes).is_err(), "server's byte {at}");
    }
}

#[test]
fn a_session_that_ends_at_any_byte_gives_what_had_come_and_nothing_else() {
    let mut spoken = speak(usize::MAX);
    let records: Vec<Record> = (0..6u8)
        .map(|number| Record { kind: Kind::of(number % 4), payload: vec![number; usize::from(number) * 5] })
        .collect();
    let mut stream = Vec::new();
    let mut ends = Vec::new();
    for record in &records {
        spoken.server.sealer.seal(record.kind, &record.payload, &mut stream);
        ends.push(stream.len());
    }
    for cut in 0..=stream.len() {
        let mut opener = speak(usize::MAX).engine.opener;
        let whole = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(open(&mut opener, &stream[..cut]).as_deref(), Ok(&records[..whole]));
        assert_eq!(opener.is_mid_record(), cut != 0 && !ends.contains(&cut));
    }
    for cut in 0..spoken.from_engine.len() {
        assert!(!is_let_in(&spoken.from_engine[..cut]));
    }
    for cut in 0..spoken.from_server.len() {
        assert!(matches!(Caller::new(token(), ENGINE).take(&spoken.from_server[..cut]), Ok(None)));
    }
}

#[test]
fn every_changed_bit_of_a_record_is_noticed_and_nothing_after_it_is_taken() {
    let mut spoken = speak(usize::MAX);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    spoken.server.sealer.seal(Kind::Chunk, b"\0\0\0\0\0\0\0\x01machine code", &mut first);
    spoken.server.sealer.seal(Kind::Alive, b"", &mut second);
    for bit in 0..first.len() * 8 {
        let mut forged = first.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        let mut opener = speak(usize::MAX).engine.opener;
        let opened = open(&mut opener, &forged);
        // A length that was made longer waits for bytes that never come, or that have no right code.
        assert!(opened == Err(Tampered) || opened == Ok(vec![]), "bit {bit}: {opened:?}");
        let later = open(&mut opener, &[second.repeat(1000), first.clone()].concat());
        assert_eq!(later, Err(Tampered), "bit {bit}");
    }
}

#[test]
fn records_that_are_repeated_left_out_or_swapped_are_noticed() {
    let mut spoken = speak(usize::MAX);
    let mut records = [Vec::new(), Vec::new()];
    for (number, record) in records.iter_mut().enumerate() {
        spoken.server.sealer.seal(Kind::Frames, &[number as u8], record);
    }
    let check = |order: &[usize]| {
        let stream: Vec<u8> = order.iter().flat_map(|index| records[*index].clone()).collect();
        open(&mut speak(usize::MAX).engine.opener, &stream)
    };
    assert!(check(&[0, 1]).is_ok());
    for order in [&[0, 0][..], &[1], &[1, 0]] {
        assert_eq!(check(order), Err(Tampered), "{order:?}");
    }
}

#[test]
fn a_record_over_the_limit_is_refused_before_it_comes() {
    let mut opener = speak(usize::MAX).engine.opener;
    let mut head = vec![0];
    head.extend(u32::try_from(MAX_PAYLOAD + 1).unwrap().to_be_bytes());
    assert_eq!(open(&mut opener, &head), Err(Tampered));
}

#[test]
fn a_token_survives_its_file_and_nothing_else_is_one() {
    let text = token().to_text();
    assert_eq!(text.len(), 65);
    assert_eq!(Token::parse(&text), Ok(token()));
    assert_eq!(Token::parse(text.to_uppercase().trim_end()), Ok(token()));
    for bad in [
        "",
        "07",
        &text[..63],
        &format!("{}0", text.trim_end()),
        &text.replace('7', "x"),
        &text.replace('7', "é"),
    ] {
        let reason = Token::parse(bad).unwrap_err();
        assert!(!reason.contains("0707"), "{reason}");
    }
}

#[test]
fn chunks_survive_their_payload() {
    let chunk = Chunk { request: u64::MAX - 1, bytes: b"code".to_vec() };
    assert_eq!(Chunk::parse(&chunk.to_payload()), Some(chunk));
    assert_eq!(Chunk::parse(&[0; 7]), None);
    assert_eq!(Chunk::parse(&[0; 8]), Some(Chunk { request: 0, bytes: Vec::new() }));
}

proptest! {
    #[test]
    fn the_handshake_survives_any_cut(cut in 1usize..90) {
        speak(cut);
    }

    #[test]
    fn payloads_survive_any_cut(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..200), 0..6), cut in 1usize..99) {
        let mut spoken = speak(usize::MAX);
        let mut stream = Vec::new();
        payloads.iter().for_each(|payload| spoken.engine.sealer.seal(Kind::Frames, payload, &mut stream));
        let mut opened = Vec::new();
        for piece in stream.chunks(cut) {
            opened.extend(open(&mut spoken.server.opener, piece).unwrap().into_iter().map(|record| record.payload));
        }
        prop_assert_eq!(opened, payloads);
    }

    #[test]
    fn what_is_long_comes_in_bounded_records(length in 0usize..4 * MAX_PAYLOAD) {
        let mut spoken = speak(usize::MAX);
        let mut stream = Vec::new();
        spoken.engine.sealer.seal(Kind::Frames, &vec![5; length], &mut stream);
        let records = open(&mut spoken.server.opener, &stream).unwrap();
        prop_assert!(records.iter().all(|record| record.payload.len() <= MAX_PAYLOAD));
        prop_assert_eq!(records.iter().map(|record| record.payload.len()).sum::<usize>(), length);
    }

    #[test]
    fn garbage_never_panics_and_never_gets_in(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 1usize..60) {
        prop_assert!(!is_let_in(&bytes));
        let hello = Caller::new(token(), ENGINE).hello();
        let garbage = [hello, bytes.clone()].concat();
        prop_assert!(!is_let_in(&garbage));
        let mut caller = Caller::new(token(), ENGINE);
        prop_assert!(!bytes.chunks(cut).any(|piece| matches!(caller.take(piece), Ok(Some(_)))));
        let mut opener = speak(usize::MAX).engine.opener;
        prop_assert!(open(&mut opener, &bytes).is_err() || opener.next_record() == Ok(None));
    }
}
