//! What `-v` tells of the fields that only some packets have.

use crate::{
    link_type::LinkType,
    report::{
        Options, Report,
        json::{Json, SCHEMA_FILE},
        lines::Lines,
        samples::{bytes, ipv4, ipv6, show},
    },
};

/// Its line in JSON must be as the schema says, too.
fn is_as_the_schema_says(frame: &[u8]) {
    let schema = serde_json::from_str(SCHEMA_FILE).expect("the schema is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is one");
    let options = Options {
        packets: true,
        ..Options::default()
    };
    let mut told = Vec::new();
    let mut json = Json::new(&mut told, options);
    show(&mut json, LinkType::Ethernet, frame, frame.len());
    json.flush().expect("a Vec takes everything");
    drop(json);
    let line = serde_json::from_slice(&told).expect("an object");
    let errors: Vec<_> = validator.iter_errors(&line).collect();
    assert!(errors.is_empty(), "{line}: {errors:?}");
}

/// The fields of the layer `layer`, from the one called `first`: bytes, name and value.
fn fields(frame: &[u8], layer: &str, first: &str) -> Vec<String> {
    is_as_the_schema_says(frame);
    let options = Options {
        verbose: true,
        ..Options::default()
    };
    let mut report = Lines::new(Vec::new(), options);
    show(&mut report, LinkType::Ethernet, frame, frame.len());
    report.flush().expect("a Vec takes everything");
    let text = String::from_utf8(report.output.into_inner()).expect("UTF-8");
    let head = format!("        {layer} ");
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&head));
    assert!(lines.next().is_some(), "{text}");
    let fields = lines.take_while(|line| line.starts_with("          "));
    let fields = fields.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let first = format!(" {first} ");
    fields.skip_while(|line| !line.contains(&first)).collect()
}

/// An IPv4 packet with these options, a multiple of four bytes.
fn with_options(options: &str) -> Vec<u8> {
    let options = bytes(&[options]);
    let mut frame = ipv4(
        17,
        &[&options[..], &[0x9c, 0x42, 0x21, 0x48, 0, 8, 0, 0]].concat(),
    );
    frame[14] = 0x45 + options.len() as u8 / 4;
    frame
}

#[test]
fn routes_and_times_in_ipv4() {
    assert_eq!(
        fields(
            &with_options("01 83 0b 08 0a000001 0a000002"),
            "ipv4",
            "nop"
        ),
        [
            "34 nop -",
            "35 option 131 (loose source route)",
            "36 option_length 11",
            "37 pointer 8",
            "38-45 route 10.0.0.1,10.0.0.2",
        ]
    );
    assert_eq!(
        fields(
            &with_options("44 0c 0d 21 0a000001 00000102 94040000"),
            "ipv4",
            "option"
        ),
        [
            "34 option 68 (timestamp)",
            "35 option_length 12",
            "36 pointer 13",
            "37 overflow 2",
            "37 flag 1 (with addresses)",
            "38-45 addresses 10.0.0.1",
            "38-45 timestamps 258",
            "46 option 148 (router alert)",
            "47 option_length 4",
            "48-49 router_alert 0",
        ]
    );
    assert_eq!(
        fields(
            &with_options("44 0c 05 00 00000001 00000002 82 03 ab 00"),
            "ipv4",
            "flag"
        ),
        [
            "37 flag 0 (times only)",
            "38-45 timestamps 1,2",
            "46 option 130 (security)",
            "47 option_length 3",
            "48 option_data ab",
            "49 eol -",
        ]
    );
    assert_eq!(
        fields(&with_options("07 09 04 00"), "ipv4", "malformed_option"),
        ["34-37 malformed_option 7 (record route)"]
    );
}

#[test]
fn options_and_routes_in_ipv6() {
    let udp = "9c42 2148 0008 0000";
    let hops = ipv6(
        0,
        &bytes(&["11 01 0502 0000 c204 00010000 00 01 01 00", udp]),
    );
    assert_eq!(
        fields(&hops, "ipv6_hop_by_hop", "header_len"),
        [
            "55 header_len 16",
            "56 option 5 (router alert)",
            "57 option_length 2",
            "58-59 router_alert 0",
            "60 option 194 (jumbo payload)",
            "61 option_length 4",
            "62-65 jumbo_length 65536",
            "66 pad1 -",
            "67-69 padn -",
        ]
    );
    let home = "c9 10 fe800000000000000000000000000009";
    let destination = ipv6(60, &bytes(&["11 02 04 01 05 00", home, udp]));
    assert_eq!(
        fields(&destination, "ipv6_destination_options", "option"),
        [
            "56 option 4 (tunnel encapsulation limit)",
            "57 option_length 1",
            "58 encapsulation_limit 5",
            "59 pad1 -",
            "60 option 201 (home address)",
            "61 option_length 16",
            "62-77 home_address fe80::9",
        ]
    );
    let broken = ipv6(60, &bytes(&["11 00 3e 09 0000 0000", udp]));
    assert_eq!(
        fields(&broken, "ipv6_destination_options", "malformed_option"),
        ["56-61 malformed_option 62"]
    );
    let addresses = "fe800000000000000000000000000009 fe80000000000000000000000000000a";
    let route = ipv6(43, &bytes(&["11 04 00 01 00000000", addresses, udp]));
    assert_eq!(
        fields(&route, "ipv6_routing", "routing_type"),
        [
            "56 routing_type 0 (source route)",
            "57 segments_left 1",
            "62-93 addresses fe80::9,fe80::a",
        ]
    );
    let segments = ipv6(43, &bytes(&["11 04 04 01 00 80 0007", addresses, udp]));
    assert_eq!(
        fields(&segments, "ipv6_routing", "routing_type"),
        [
            "56 routing_type 4 (segment routing)",
            "57 segments_left 1",
            "58 last_entry 0",
            "59 flags 128",
            "60-61 tag 7",
            "62-77 addresses fe80::9",
            "78-93 objects fe80000000000000000000000000000a",
        ]
    );
}

#[test]
fn messages_of_icmp() {
    let of = |message: &str, first| fields(&ipv4(1, &bytes(&[message])), "icmp", first);
    assert_eq!(
        of(
            "0d 00 0000 0007 0001 00000010 00000011 00000012",
            "identifier"
        ),
        [
            "38-39 identifier 7",
            "40-41 sequence 1",
            "42-45 originate_timestamp 16",
            "46-49 receive_timestamp 17",
            "50-53 transmit_timestamp 18",
        ]
    );
    assert_eq!(
        of("12 00 0000 0007 0001 ffffff00", "identifier"),
        [
            "38-39 identifier 7",
            "40-41 sequence 1",
            "42-45 address_mask 255.255.255.0",
        ]
    );
    assert_eq!(
        of(
            "09 00 0000 02 02 0708 0a000001 00000000 0a000002 00000001",
            "address_count"
        ),
        [
            "38 address_count 2",
            "39 entry_size 2",
            "40-41 lifetime 1800",
            "42-45 router_address 10.0.0.1",
            "46-49 preference 0",
            "50-53 router_address 10.0.0.2",
            "54-57 preference 1",
        ]
    );
    assert_eq!(of("0c 00 0000 14 000000", "pointer"), ["38 pointer 20"]);
    assert_eq!(
        of("05 01 0000 0a000001", "gateway"),
        ["38-41 gateway 10.0.0.1"]
    );
    assert_eq!(
        of("2a 00 0000 0007 02 01", "identifier"),
        ["38-39 identifier 7", "40 sequence 2"]
    );
    // The last bytes are not there.
    assert_eq!(
        of("0d 00 0000 0007 0001 00000010 0000", "sequence"),
        ["40-41 sequence 1", "42-45 originate_timestamp 16"]
    );
}

#[test]
fn messages_of_icmpv6() {
    let of = |message: &[&str], first| fields(&ipv6(58, &bytes(message)), "icmpv6", first);
    assert_eq!(
        of(
            &[
                "86 00 0000 40 48 0708 00000001 00000002",
                "01 01 020000000f2a",
                "05 01 0000 000005dc",
                "03 04 40 c0 00000e10 00000708 00000000",
                "20010db8000000000000000000000000",
                "19 03 0000 0000003c fe800000000000000000000000000009",
                "63 01 010203040506",
            ],
            "hop_limit"
        ),
        [
            "58 hop_limit 64",
            "59 managed no",
            "59 other_config yes",
            "59 home_agent no",
            "59 preference 1 (high)",
            "60-61 router_lifetime 1800",
            "62-65 reachable_time 1",
            "66-69 retransmit_timer 2",
            "70 option 1 (source link-layer address)",
            "71 option_length 1",
            "72-77 source_mac 02:00:00:00:0f:2a",
            "78 option 5 (MTU)",
            "79 option_length 1",
            "82-85 mtu 1500",
            "86 option 3 (prefix information)",
            "87 option_length 4",
            "88 prefix_length 64",
            "89 on_link yes",
            "89 autonomous yes",
            "90-93 valid_lifetime 3600",
            "94-97 preferred_lifetime 1800",
            "102-117 prefix 2001:db8::",
            "118 option 25 (recursive DNS servers)",
            "119 option_length 3",
            "122-125 dns_lifetime 60",
            "126-141 dns_servers fe80::9",
            "142 option 99",
            "143 option_length 1",
            "144-149 option_data 010203040506",
        ]
    );
    assert_eq!(
        of(
            &["85 00 0000 00000000", "01 01 020000000f2a", "01 00"],
            "option"
        ),
        [
            "62 option 1 (source link-layer address)",
            "63 option_length 1",
            "64-69 source_mac 02:00:00:00:0f:2a",
            "70-71 malformed_option 1 (source link-layer address)",
        ]
    );
    assert_eq!(
        of(
            &[
                "89 00 0000 00000000 fe800000000000000000000000000009",
                "fe80000000000000000000000000000a",
                "02 01 020000000f2a",
                "04 02 000000000000 6000000000001140",
            ],
            "target"
        ),
        [
            "62-77 target fe80::9",
            "78-93 destination fe80::a",
            "94 option 2 (target link-layer address)",
            "95 option_length 1",
            "96-101 target_mac 02:00:00:00:0f:2a",
            "102 option 4 (redirected header)",
            "103 option_length 2",
            "110-117 redirected_packet 6000000000001140",
        ]
    );
    assert_eq!(
        of(&["04 00 0000 00000028"], "pointer"),
        ["58-61 pointer 40"]
    );
    assert_eq!(
        of(
            &["83 00 0000 000a 0000 ff020000000000000000000000000009"],
            "max_response_delay"
        ),
        [
            "58-59 max_response_delay 10",
            "62-77 multicast_address ff02::9"
        ]
    );
}

#[test]
fn a_quote_has_a_place_for_each_field() {
    // Behind options the ports lie four bytes on.
    let mut quoted = ipv4(17, &bytes(&["94040000", "9c42 2148 0009 0000 41"]))[14..].to_vec();
    quoted[0] = 0x46;
    let frame = ipv4(1, &[bytes(&["03 03 0000 00000000"]), quoted].concat());
    assert_eq!(
        fields(&frame, "quote", "source"),
        [
            "54-57 source 192.168.15.42",
            "58-61 destination 192.168.15.73",
            "51 protocol 17 (UDP)",
            "46-47 identification 0x1234",
            "66-67 source_port 40002",
            "68-69 destination_port 8520",
            "70-71 length 9",
        ]
    );
    let tcp = bytes(&["06 00 0000 00000009", "9c42 2148 00000007"]);
    let quoted = ipv6(44, &tcp)[14..].to_vec();
    let frame = ipv6(58, &[bytes(&["02 00 0000 00000500"]), quoted].concat());
    assert_eq!(
        fields(&frame, "quote", "source"),
        [
            "70-85 source fe80::1",
            "86-101 destination fe80::2",
            "102 protocol 6 (TCP)",
            "106-109 identification 0x00000009",
            "110-111 source_port 40002",
            "112-113 destination_port 8520",
            "114-117 sequence 7",
        ]
    );
    let ping = bytes(&["11020000 00000100 00000001 abababab", "9c42 2148 0008"]);
    let quoted = ipv4(51, &ping)[14..].to_vec();
    let frame = ipv4(1, &[bytes(&["0b 00 0000 00000000"]), quoted].concat());
    assert_eq!(
        fields(&frame, "quote", "protocol"),
        [
            "62 protocol 17 (UDP)",
            "46-47 identification 0x1234",
            "78-79 source_port 40002",
            "80-81 destination_port 8520",
            "82-83 length 8",
        ]
    );
}
