use std::net::IpAddr;

use super::*;
use crate::{
    capture::Frame,
    decode::decode,
    link_type::LinkType,
    report::{
        json,
        samples::{self, event, ip},
        words::Lang,
    },
    track::{
        event::{
            AddressConflict, AddressUnanswered, Binding, ConnectionId, Conversation, Event,
            ExchangeId, Kind, Ping, Resolution,
        },
        flow::Side,
    },
};

fn failure(number: u64) -> Event {
    event(
        number,
        number,
        &[number],
        Kind::AddressUnanswered(AddressUnanswered {
            by: Resolution::Arp,
            ip: IpAddr::from([10, (number >> 16) as u8, (number >> 8) as u8, number as u8]),
            asked_by: samples::client(),
            tries: 3,
        }),
    )
}

#[test]
fn what_is_asked_about_is_told_by_its_shape() {
    let tcp = Conversation::Tcp(ConnectionId(2));
    let udp = Conversation::Udp(ExchangeId(1));
    for (typed, what) in [
        ("55", Some(What::Frame(55))),
        ("#55", Some(What::Frame(55))),
        ("tcp-2", Some(What::Conversation(tcp))),
        ("udp-1", Some(What::Conversation(udp))),
        ("192.168.15.73", Some(What::Host(ip("192.168.15.73")))),
        ("2001:db8::1", Some(What::Host(ip("2001:db8::1")))),
        ("0", None),
        ("#0", None),
        ("##1", None),
        ("tcp-0", None),
        ("tcp-", None),
        ("-1", None),
        ("chat.pcap", None),
        ("", None),
    ] {
        assert_eq!(typed.parse().ok(), what, "{typed}");
    }
}

/// However much fails, only so much is kept.
#[test]
fn a_flood_of_failures_is_counted_not_kept() {
    for (what, chains) in [(What::Worst, 1), (What::EveryFailure, 256)] {
        let mut inquiry = Inquiry::new(what, Vec::new());
        for number in 1..=1000 {
            inquiry.event(&failure(number));
        }
        let (told, others) = inquiry.finish();
        assert_eq!(told.len(), chains);
        assert_eq!(others.named.len(), 8);
        assert_eq!(others.more, 1000 - 8 - chains as u64);
        let first = Subject::Address(IpAddr::from([10, 0, 0, 1]));
        assert_eq!(told[0].about, first, "the first of them is told");
    }
}

/// Of the other failures, those that tell most are named.
#[test]
fn the_most_telling_of_the_others_are_named() {
    let mut inquiry = Inquiry::new(What::Worst, Vec::new());
    for number in 1..=20 {
        let silent = Kind::PingUnanswered(Ping {
            rtt: None,
            ..samples::ping()
        });
        inquiry.event(&event(number, number, &[number], silent));
    }
    for number in 21..=25 {
        inquiry.event(&failure(number));
    }
    let (told, others) = inquiry.finish();
    assert_eq!(told[0].verdict, Verdict::NoArpAnswer);
    let verdicts: Vec<_> = others.named.iter().map(|(_, verdict)| *verdict).collect();
    let mut expected = vec![Verdict::NoArpAnswer; 4];
    expected.push(Verdict::PingUnanswered);
    assert_eq!(verdicts, expected, "a ping that was repeated is named once");
    assert_eq!(others.more, 19);
}

#[test]
fn connections_that_never_close_are_let_go() {
    let mut inquiry = Inquiry::new(What::Worst, Vec::new());
    for number in 1..=20_000 {
        let mut said = samples::message(Side::Orig, samples::said("88"), 2);
        if let Kind::TcpMessage(it) = &mut said {
            it.conn = ConnectionId(number);
        }
        inquiry.event(&event(number, number, &[], said));
    }
    assert_eq!(inquiry.open(), 16_384);
}

/// What a record tells is proof enough, where what came before it was let go.
#[test]
fn a_connection_of_which_only_the_record_is_left_has_a_chain() {
    let events = samples::all("88").into_iter();
    for closed in events.filter(|event| matches!(event.kind, Kind::TcpClosed(_))) {
        let mut inquiry = Inquiry::new(What::Worst, Vec::new());
        inquiry.event(&closed);
        let (chains, _) = inquiry.finish();
        assert_eq!(chains.len(), 1);
        assert!(!chains[0].claims.is_empty(), "{chains:?}");
    }
}

/// Any events in any order: no panic, no more claims than promised, nothing unescaped.
#[test]
fn hostile_events_make_harmless_chains() {
    let mut inquiry = Inquiry::new(What::EveryFailure, Vec::new());
    let data = samples::ipv4(6, &samples::tcp_segment());
    let packet = decode(LinkType::Ethernet, &data, data.len());
    let events = samples::all(samples::HOSTILE);
    for (number, event) in (1..).zip(events.iter().rev().chain(&events)) {
        let frame = Frame {
            at: event.at,
            link_type: LinkType::Ethernet,
            interface: 0,
            original_len: data.len(),
            data: &data,
        };
        inquiry.packet(number, &frame, &packet);
        inquiry.event(event);
    }
    let (chains, others) = inquiry.finish();
    assert!(chains.len() > 3, "{chains:?}");
    for chain in &chains {
        assert!(!chain.claims.is_empty() && chain.claims.len() <= MOST_CLAIMS);
        for lang in Lang::ALL {
            for claim in &chain.claims {
                let mut prose = crate::report::prose::Prose::new(lang);
                claim.tell(&mut prose);
                let told = prose.into_text();
                assert!(samples::is_safe(&told), "{told:?}");
            }
        }
        let mut out = Vec::new();
        let names = crate::report::names::Names::default();
        json::why("hostile", chain, &others, &names, &mut out);
        let line = String::from_utf8(out).expect("UTF-8");
        assert!(
            !line.contains('\u{202e}') && !line.contains("\\u001b"),
            "{line}"
        );
    }
}

/// A conflict that resets nothing is told by itself.
#[test]
fn a_conflict_is_a_failure_of_its_address() {
    let mut inquiry = Inquiry::new(What::Worst, Vec::new());
    let Binding { ip, mac } = samples::client();
    let conflict = AddressConflict {
        by: Resolution::Arp,
        ip,
        old_mac: samples::SERVER_MAC,
        new_mac: mac,
    };
    inquiry.event(&event(5, 5, &[2], Kind::AddressConflict(conflict)));
    let (chains, _) = inquiry.finish();
    assert_eq!(chains[0].about, Subject::Address(ip));
    assert_eq!(chains[0].verdict, Verdict::AddressConflict);
    let names: Vec<_> = chains[0].claims.iter().map(|claim| claim.name).collect();
    assert_eq!(names, ["claimed", "two_hosts", "rightful_owner"]);
    assert_eq!(chains[0].claims[0].frames(), [2, 5]);
}

#[test]
fn verdicts_have_names_and_words_of_their_own() {
    let mut names: Vec<_> = Verdict::ALL.iter().map(|verdict| verdict.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Verdict::ALL.len());
    for lang in Lang::ALL {
        let mut words: Vec<_> = Verdict::ALL
            .iter()
            .map(|verdict| verdict.label().of(lang))
            .collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Verdict::ALL.len());
    }
    assert!(Verdict::CaptureEnded.is_failure() && !Verdict::Loss.is_failure());
}

/// A gap named as a field that each claim has would hide that field in JSON.
#[test]
fn no_value_hides_a_field() {
    for (name, en, _) in crate::report::words::why::CLAIMS.concat() {
        for field in ["{claim}", "{certainty}", "{proof}"] {
            assert!(!en.contains(field), "{name}: {en}");
        }
    }
}

/// The contract names each verdict and each claim that there is, and no other.
#[test]
fn the_schema_knows_every_verdict_and_every_claim() {
    let schema: serde_json::Value =
        serde_json::from_str(json::WHY_SCHEMA_FILE).expect("the schema is JSON");
    let names = |of: &str| -> Vec<String> {
        let list = schema["$defs"][of]["enum"].as_array().expect("a list");
        let names = list.iter().map(|name| name.as_str().expect("a name"));
        names.map(str::to_owned).collect()
    };
    let verdicts: Vec<_> = Verdict::ALL.iter().map(|verdict| verdict.name()).collect();
    assert_eq!(names("verdict"), verdicts);
    let claims = crate::report::words::why::CLAIMS.concat();
    let claims: Vec<_> = claims.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names("claim_name"), claims);
}
