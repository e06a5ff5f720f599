use serde_json::Value;

use super::*;
use crate::{
    link_type::LinkType,
    report::samples::{
        self, HOSTILE, START, all, client, event, fragments, handshake, ip, ipv4, message, micros,
        oddity, off_subnet, ping, said, show, tcp_record, tcp_segment, teardown, udp_message,
        udp_record,
    },
    track::{
        event::{
            AddressResolved, Binding, Content, HandshakeVerdict, Kind, Resolution, TcpHandshake,
            TcpOddityName, TeardownKind, TimeWait,
        },
        flow::Side,
    },
};

fn told(source: &str, events: &[Event]) -> Vec<Value> {
    let text = samples::told(
        |to| Json::new(to, Options::default()),
        |json| json.lines.output.into_inner(),
        source,
        events,
    );
    text.lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect()
}

/// The line of one event, as it stands.
fn line(kind: Kind) -> String {
    let text = samples::told(
        |to| Json::new(to, Options::default()),
        |json| json.lines.output.into_inner(),
        "chat.pcap",
        &[event(1, 5, &[2], kind)],
    );
    text.lines().nth(1).expect("a line").to_owned()
}

const HEAD: &str = r#""at":"2026-11-22T20:32:25.302960000Z","frame":5,"because":[2],"#;

fn is_line(kind: Kind, name: &str, fields: &str) {
    assert_eq!(
        line(kind),
        format!(r#"{{"event":"{name}",{HEAD}{fields}}}"#)
    );
}

#[test]
fn the_first_line_and_the_last() {
    let lines = told("chat.pcap", &[]);
    assert_eq!(
        lines[0].to_string(),
        serde_json::json!({
            "event": "capture_opened", "at": "2026-11-22T20:32:25.302959000Z", "schema": 1,
            "source": "chat.pcap", "live": false, "link_types": ["ETHERNET"],
        })
        .to_string()
    );
    let last = lines.last().expect("a line");
    assert_eq!(last["event"], "capture_closed");
    assert_eq!(last["frames"], 1234);
    assert_eq!(last["decoded"], 1230);
    assert_eq!(last["last_at"], "2026-11-22T20:32:30.602959000Z");
    assert_eq!(last["evicted"], 0);
    assert!(last.get("kernel_dropped").is_none(), "a file cannot know");
}

#[test]
fn an_empty_source_has_no_time() {
    let mut json = Json::new(Vec::new(), Options::default());
    let empty = Opened {
        at: None,
        ..samples::opened("empty.pcap")
    };
    json.opened(&empty).expect("a Vec takes everything");
    json.closed(&Totals::default())
        .expect("a Vec takes everything");
    let text = String::from_utf8(json.lines.output.into_inner()).expect("UTF-8");
    assert_eq!(text.lines().count(), 2);
    assert!(
        !text.contains(r#""at""#) && !text.contains("first_at"),
        "{text}"
    );
}

#[test]
fn addresses() {
    is_line(
        Kind::AddressResolved(AddressResolved {
            by: Resolution::Arp,
            binding: Binding {
                ip: ip("192.168.15.73"),
                mac: samples::SERVER_MAC,
            },
            asked_by: client(),
            tries: 1,
            latency: micros(31),
            broadcast: true,
        }),
        "arp_resolved",
        r#""ip":"192.168.15.73","mac":"02:00:00:00:0f:49","asked_by":{"ip":"192.168.15.42","mac":"02:00:00:00:0f:2a"},"tries":1,"latency_ns":31000,"broadcast":true"#,
    );
    is_line(
        Kind::AddressAnnounced(client()),
        "arp_announced",
        r#""ip":"192.168.15.42","mac":"02:00:00:00:0f:2a""#,
    );
}

#[test]
fn handshakes() {
    let it = TcpHandshake {
        route: Some(off_subnet()),
        ..handshake(HandshakeVerdict::Complete)
    };
    is_line(
        Kind::TcpHandshake(Box::new(it)),
        "tcp_handshake",
        r#""conn":"tcp-1","orig":{"ip":"192.168.15.42","port":40001},"resp":{"ip":"192.168.15.73","port":8520},"verdict":"complete","tries":1,"syn_frame":3,"synack_frame":4,"ack_frame":5,"synack_rtt_ns":25000,"ack_rtt_ns":23000,"orig_mss":1460,"resp_mss":1460,"orig_window_scale":7,"orig_sack":true,"resp_sack":false,"orig_isn":1000,"resp_isn":5000,"off_subnet":true,"gateway":{"ip":"192.168.15.1","mac":"02:00:00:00:00:01"},"net":"192.168.15.0/24","net_known":false"#,
    );
}

#[test]
fn messages() {
    is_line(
        message(Side::Resp, said("再见\n"), 7),
        "tcp_message",
        r#""conn":"tcp-1","from":"resp","offset":0,"len":7,"text":"再见\\n","frames":[6],"missing":0"#,
    );
    is_line(
        message(Side::Orig, Content::Bytes(vec![0x16, 3, 1]), 3),
        "tcp_message",
        r#""conn":"tcp-1","from":"orig","offset":0,"len":3,"hex":"160301","frames":[6],"missing":0"#,
    );
    is_line(
        udp_message(said("88"), 2, Some((4, micros(1200)))),
        "udp_message",
        r#""exchange":"udp-1","from":"resp","len":2,"text":"88","frames":[20],"answers":4,"wait_ns":1200000"#,
    );
}

#[test]
fn the_end_of_conversations() {
    is_line(
        teardown(TeardownKind::ThreeSegment, Some(TimeWait::Orig)),
        "tcp_teardown",
        r#""conn":"tcp-1","kind":"three_segment","closed_first":"orig","time_wait":"orig","frames":[10,11,12],"late_bytes":0"#,
    );
    is_line(
        Kind::TcpClosed(Box::new(tcp_record(1, 21))),
        "tcp_closed",
        r#""conn":"tcp-1","orig":{"ip":"192.168.15.42","port":40001},"resp":{"ip":"192.168.15.73","port":8520},"orig_mac":"02:00:00:00:0f:2a","resp_mac":"02:00:00:00:0f:49","role":"seen","conn_state":"SF","history":"ShAdDaFf","handshake":"complete","teardown":"three_segment","closed_first":"orig","time_wait":"orig","orig_packets":6,"resp_packets":4,"orig_bytes":2,"resp_bytes":21,"orig_missing":0,"resp_missing":0,"retransmissions":1,"orig_retransmissions":1,"resp_retransmissions":0,"spurious_retransmissions":0,"orig_spurious_retransmissions":0,"resp_spurious_retransmissions":0,"out_of_order":0,"orig_out_of_order":0,"resp_out_of_order":0,"duplicate_acks":0,"orig_duplicate_acks":0,"resp_duplicate_acks":0,"zero_windows":0,"orig_zero_windows":0,"resp_zero_windows":0,"keep_alives":0,"orig_keep_alives":0,"resp_keep_alives":0,"bad_checksums":0,"orig_bad_checksums":0,"resp_bad_checksums":0,"rtt_min_ns":20000,"rtt_median_ns":25000,"rtt_max_ns":40000,"first_frame":3,"last_frame":12,"duration_ns":5300000000,"reason":"fin""#,
    );
    is_line(
        Kind::UdpClosed(Box::new(udp_record(1))),
        "udp_closed",
        r#""exchange":"udp-1","orig":{"ip":"192.168.15.42","port":40001},"resp":{"ip":"192.168.15.73","port":8520},"conn_state":"SF","orig_messages":2,"resp_messages":1,"orig_frames":2,"resp_frames":1,"orig_bytes":18,"resp_bytes":1200,"unanswered":1,"first_frame":20,"last_frame":24,"duration_ns":1200000,"reason":"capture_ended""#,
    );
}

#[test]
fn oddities_pings_and_fragments() {
    is_line(
        oddity(TcpOddityName::WindowReopened { stalled: micros(3) }),
        "tcp_oddity",
        r#""conn":"tcp-1","from":"orig","name":"window_reopened","stalled_ns":3000"#,
    );
    is_line(
        Kind::Ping(ping()),
        "ping",
        r#""src":"192.168.15.42","dst":"192.168.15.73","id":7,"seq":1,"rtt_ns":25000"#,
    );
    is_line(
        Kind::DatagramIncomplete(fragments(vec![(1480, Some(2960)), (4440, None)])),
        "datagram_incomplete",
        r#""why":"missing","src":"192.168.15.42","dst":"192.168.15.73","id":4660,"len":3608,"frames":[30,31,32],"missing":[[1480,2960],[4440,null]]"#,
    );
    is_line(
        Kind::DatagramIncomplete(fragments(Vec::new())),
        "datagram_incomplete",
        r#""why":"contradiction","src":"192.168.15.42","dst":"192.168.15.73","id":4660,"len":3608,"frames":[30,31,32],"missing":[]"#,
    );
}

#[test]
fn steps_are_for_people_only() {
    let events = all("再见");
    let steps = |event: &&Event| matches!(event.kind, Kind::TcpStep(_) | Kind::AddressAsked(_));
    let count = events.iter().filter(steps).count();
    assert!(count > 0);
    assert_eq!(told("chat.pcap", &events).len(), events.len() - count + 2);
}

#[test]
fn nothing_hostile_gets_through_before_or_after_decoding() {
    let text = samples::told(
        |to| Json::new(to, Options::default()),
        |json| json.lines.output.into_inner(),
        HOSTILE,
        &all(HOSTILE),
    );
    assert!(
        samples::is_safe(&text) && !text.contains('\x1b'),
        "{text:?}"
    );
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).expect("an object a line");
        strings(&value, &mut |string| {
            assert!(
                samples::is_safe(string) && !string.contains(['\n', '\x1b']),
                "{string:?}"
            );
        });
    }
}

fn strings(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::String(string) => see(string),
        Value::Array(list) => list.iter().for_each(|value| strings(value, see)),
        Value::Object(object) => object.values().for_each(|value| strings(value, see)),
        _ => {}
    }
}

#[test]
fn packets_list_their_layers_when_asked() {
    let mut json = Json::new(
        Vec::new(),
        Options {
            packets: true,
            ..Options::default()
        },
    );
    json.opened(&samples::opened("chat.pcap"))
        .expect("a Vec takes everything");
    assert!(json.wants_packets());
    let mut frame = ipv4(6, &tcp_segment());
    frame.extend_from_slice(&[0; 2]);
    show(&mut json, LinkType::Ethernet, &frame, frame.len());
    json.flush().expect("a Vec takes everything");
    let text = String::from_utf8(json.lines.output.into_inner()).expect("UTF-8");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    assert_eq!(lines[0]["at"], START.to_string());
    let packet = &lines[1];
    assert_eq!(packet["captured_len"], 82);
    assert_eq!(packet["padding"], 2);
    assert_eq!(packet["link_type"], "ETHERNET");
    let layers = packet["layers"].as_array().expect("a list");
    let names: Vec<_> = layers
        .iter()
        .map(|layer| layer["layer"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["ethernet", "ipv4", "tcp", "payload"]);
    assert_eq!(layers[0]["source"], "02:00:00:00:0f:2a");
    assert_eq!(layers[1]["checksum_verdict"], "ok");
    assert_eq!(layers[2]["source_port"], 40001);
    assert_eq!(layers[2]["flags"], "P.");
    assert_eq!(layers[2]["mss"], 1460);
    assert_eq!(layers[3]["offset"], 74);
    assert!(packet.get("error").is_none());
}

mod schema {
    use std::sync::Arc;

    use super::*;
    use crate::report::names::Names;

    fn schema() -> Value {
        serde_json::from_str(SCHEMA_FILE).expect("the schema is JSON")
    }

    fn validator() -> jsonschema::Validator {
        jsonschema::draft202012::new(&schema()).expect("the schema is one")
    }

    /// Lines of every kind of event, told with and without names.
    fn every_line() -> Vec<Value> {
        let names = Names::parse(
            "shen = [\"192.168.15.42\", \"02:00:00:00:0f:2a\"]\n\
             taibai = \"192.168.15.73:8520\"\ntaihei = \"192.168.15.73:8520\"\n\
             host = \"192.168.15.73\"\n",
        )
        .expect("good names");
        let mut events = all("ShADad");
        // That the capture began later is no verdict, and told in the record only.
        events.retain(|event| {
            !matches!(&event.kind, Kind::TcpHandshake(it)
                if it.verdict == HandshakeVerdict::NotSeen)
        });
        let mut lines = Vec::new();
        for names in [Names::default(), names] {
            let options = Options {
                names: Arc::new(names),
                ..Options::default()
            };
            let text = samples::told(
                |to| Json::new(to, options),
                |json| json.lines.output.into_inner(),
                HOSTILE,
                &events,
            );
            let parsed = text.lines().map(serde_json::from_str::<Value>);
            lines.extend(parsed.map(|line| line.expect("an object a line")));
        }
        lines
    }

    #[test]
    fn the_schema_is_a_schema() {
        jsonschema::meta::validate(&schema()).expect("draft 2020-12");
    }

    #[test]
    fn every_event_is_as_the_schema_says() {
        let validator = validator();
        let mut named = 0;
        for line in every_line() {
            let errors: Vec<_> = validator.iter_errors(&line).collect();
            assert!(errors.is_empty(), "{line}: {errors:?}");
            named += usize::from(line.to_string().contains("\"name\":\"taibai/taihei\""));
        }
        assert!(named > 2, "names are in it");
    }

    /// Fields that may be absent, each with what depends on it.
    const OPTIONAL: [&str; 28] = [
        "frame",
        "because",
        "name",
        "src_name",
        "dst_name",
        "from_name",
        "mtu",
        "reason",
        "net",
        "closed_first",
        "cut",
        "reset_by",
        "time_wait",
        "orig_mac",
        "resp_mac",
        "syn_frame",
        "synack_frame",
        "ack_frame",
        "synack_rtt_ns",
        "ack_rtt_ns",
        "orig_mss",
        "resp_mss",
        "orig_window_scale",
        "resp_window_scale",
        "at",
        "kernel_dropped",
        "interface_dropped",
        "received",
    ];

    #[test]
    fn a_line_that_is_not_as_it_should_be_is_refused() {
        let validator = validator();
        for line in every_line() {
            let object = line.as_object().expect("an object");
            let mut extra = object.clone();
            extra.insert("surprise".into(), true.into());
            assert!(!validator.is_valid(&extra.into()), "an extra field: {line}");
            for field in object.keys() {
                let mut wrong = object.clone();
                wrong.insert(field.clone(), serde_json::json!([null]));
                assert!(
                    !validator.is_valid(&wrong.into()),
                    "{field} of another type: {line}"
                );
                let optional = OPTIONAL.contains(&field.as_str());
                let required = !optional
                    || (field == "at" && object["event"] != "capture_opened")
                    || (field == "name"
                        && matches!(object["event"].as_str(), Some("tcp_oddity" | "oddity")))
                    || (field == "reason" && object["event"] != "tcp_handshake");
                if required {
                    let mut less = object.clone();
                    less.remove(field);
                    assert!(!validator.is_valid(&less.into()), "without {field}: {line}");
                }
            }
        }
    }
}
