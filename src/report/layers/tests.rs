use arbtest::arbtest;

use super::*;
use crate::{
    decode::decode,
    link_type::LinkType,
    report::samples::{START, bytes, ipv4, ipv6, tcp_segment},
};

fn anatomy(link_type: LinkType, data: &[u8]) -> Anatomy {
    cut_anatomy(link_type, data, data.len())
}

fn cut_anatomy(link_type: LinkType, data: &[u8], original_len: usize) -> Anatomy {
    let frame = Frame {
        at: START,
        link_type,
        interface: 0,
        original_len,
        data,
    };
    let mut anatomy = Anatomy::default();
    anatomy.read(&frame, &decode(link_type, data, original_len));
    anatomy
}

/// `ethernet 0+14, ipv4 14+20, …`
fn outline(anatomy: &Anatomy) -> String {
    let layers = anatomy
        .layers()
        .map(|(it, _)| format!("{} {}+{}", it.name, it.offset, it.len));
    layers.collect::<Vec<_>>().join(", ")
}

fn field(anatomy: &Anatomy, layer: &str, name: &str) -> Field {
    let (_, fields) = anatomy
        .layers()
        .find(|(it, _)| it.name == layer)
        .expect("the layer");
    fields
        .iter()
        .find(|it| it.name == name)
        .expect("the field")
        .clone()
}

/// The names of a layer's fields, in order.
fn names<'a>(anatomy: &'a Anatomy, layer: &str) -> impl Iterator<Item = &'static str> + 'a {
    let mut layers = anatomy.layers();
    let fields = layers.find(|(it, _)| it.name == layer).map(|(_, it)| it);
    fields.expect("the layer").iter().map(|it| it.name)
}

#[test]
fn layers_payload_and_padding_add_up() {
    let mut frame = ipv4(6, &tcp_segment());
    frame.extend_from_slice(&[0; 3]);
    let anatomy = anatomy(LinkType::Ethernet, &frame);
    assert_eq!(
        outline(&anatomy),
        "ethernet 0+14, ipv4 14+20, tcp 34+40, payload 74+6"
    );
    assert_eq!(anatomy.padding(), 80..83);
    assert_eq!(anatomy.payload(), Some(74..80));
    assert_eq!(field(&anatomy, "tcp", "window_scale").bytes, 71..74);
    assert_eq!(field(&anatomy, "tcp", "timestamp_value").bytes, 60..70);
    assert_eq!(field(&anatomy, "ipv4", "checksum").bytes, 24..26);
    assert!(matches!(
        field(&anatomy, "ipv4", "checksum").value,
        Value::Checksum(_, Checksum::Ok)
    ));
}

#[test]
fn options_cut_by_the_capture_are_truncated_and_not_malformed() {
    let frame = ipv4(6, &tcp_segment());
    // MSS and SACK permitted are whole, of the timestamps two bytes are there.
    let it = cut_anatomy(LinkType::Ethernet, &frame[..62], frame.len());
    assert_eq!(field(&it, "tcp", "mss").value, Value::Number(1460, None));
    let cut = field(&it, "tcp", "truncated_option");
    assert_eq!(
        (cut.bytes, cut.value),
        (60..62, Value::Number(8, Some("TS")))
    );
    assert_eq!(
        names(&it, "tcp")
            .filter(|it| *it == "malformed_option")
            .count(),
        0
    );

    let mut frame = frame;
    frame[14] = 0x47;
    frame.splice(34..34, bytes(&["01 07 07 04 00000000"]));
    frame[17] += 8;
    let it = cut_anatomy(LinkType::Ethernet, &frame[..38], frame.len());
    let cut = field(&it, "ipv4", "truncated_option");
    assert_eq!(
        (cut.bytes, cut.value),
        (35..38, Value::Number(7, Some("record route")))
    );
}

#[test]
fn what_belongs_to_no_layer_is_named() {
    // IP brings 12 bytes, UDP claims 9 of them.
    let frame = ipv4(17, &bytes(&["9c42 2148 0009 0000", "41 42 43 44"]));
    let anatomy = anatomy(LinkType::Ethernet, &frame);
    assert_eq!(
        outline(&anatomy),
        "ethernet 0+14, ipv4 14+20, udp 34+8, payload 42+1, unaccounted 43+3"
    );
}

#[test]
fn a_tunnel_is_named_and_stays_payload() {
    let vxlan = bytes(&["9c42 12b5 0012 0000", "08 000000 00007b 00 ffff"]);
    let it = anatomy(LinkType::Ethernet, &ipv4(17, &vxlan));
    assert_eq!(
        outline(&it),
        "ethernet 0+14, ipv4 14+20, udp 34+8, payload 42+10"
    );
    let tunnel = field(&it, "udp", "tunnel");
    assert_eq!((tunnel.bytes, tunnel.value), (36..38, Value::Name("VXLAN")));
}

#[test]
fn quotes_and_neighbours_have_their_fields() {
    let quoted = ipv4(17, &bytes(&["9c42 2148 0009 0000 41"]))[14..].to_vec();
    let frame = ipv4(1, &[bytes(&["03 03 0000 00000000"]), quoted].concat());
    let it = anatomy(LinkType::Ethernet, &frame);
    assert_eq!(
        outline(&it),
        "ethernet 0+14, ipv4 14+20, icmp 34+8, quote 42+29"
    );
    assert_eq!(
        field(&it, "quote", "destination_port").value,
        Value::Number(8520, None)
    );

    let advertisement =
        bytes(&["88 00 0000 60000000 fe800000000000000000000000000003 02 01 020000000f2a"]);
    let it = anatomy(LinkType::Ethernet, &ipv6(58, &advertisement));
    assert_eq!(outline(&it), "ethernet 0+14, ipv6 14+40, icmpv6 54+32");
    assert_eq!(field(&it, "icmpv6", "solicited").value, Value::Flag(true));
    assert_eq!(
        field(&it, "icmpv6", "target_mac").value,
        Value::Mac(MacAddr([2, 0, 0, 0, 0x0f, 0x2a]))
    );
}

#[test]
fn extension_headers_are_layers_of_their_own() {
    let frame = ipv6(
        0,
        &bytes(&["2c 00 05 02 0000 0100", "11 00 0001 00001234", "9c42 2148"]),
    );
    let it = anatomy(LinkType::Ethernet, &frame);
    assert_eq!(
        outline(&it),
        "ethernet 0+14, ipv6 14+40, ipv6_hop_by_hop 54+8, ipv6_fragment 62+8, fragment 70+4"
    );
    assert_eq!(
        field(&it, "ipv6_fragment", "identification").value,
        Value::Hex(0x1234, 8, None)
    );
}

#[test]
fn authentication_is_a_layer_and_what_it_covers_another() {
    let payload = bytes(&[
        "11 02 0000 00000100 00000001 abababab",
        "9c42 2148 0009 0000 41",
    ]);
    let over_ipv4 = anatomy(LinkType::Ethernet, &ipv4(51, &payload));
    assert_eq!(
        outline(&over_ipv4),
        "ethernet 0+14, ipv4 14+20, ah 34+16, udp 50+8, payload 58+1"
    );
    let over_ipv6 = anatomy(LinkType::Ethernet, &ipv6(51, &payload));
    assert_eq!(
        outline(&over_ipv6),
        "ethernet 0+14, ipv6 14+40, ah 54+16, udp 70+8, payload 78+1"
    );
    let spi = field(&over_ipv6, "ah", "spi");
    assert_eq!((spi.bytes, spi.value), (58..62, Value::Hex(256, 8, None)));
    let check = field(&over_ipv4, "ah", "integrity_check");
    assert_eq!((check.bytes, check.value), (46..50, Value::Bytes));
}

#[test]
fn tags_name_what_follows() {
    let frame = bytes(&["ffffffffffff 020000000f2a 88a8 0064 8100 e065 0806 0001"]);
    let it = anatomy(LinkType::Ethernet, &frame);
    assert_eq!(
        outline(&it),
        "ethernet 0+14, vlan 14+4, vlan 18+4, unread 22+2"
    );
    assert_eq!(
        field(&it, "vlan", "ether_type").value,
        Value::Hex(0x8100, 4, Some("802.1Q"))
    );
}

#[test]
fn every_byte_belongs_somewhere_and_no_range_leaves_the_frame() {
    let links = [0, 1, 101, 108, 113, 147, 228, 229, 276].map(LinkType::from_number);
    arbtest(|u| {
        let mut data: Vec<u8> = u.arbitrary()?;
        let mut inner = data[..data.len().min(64)].to_vec();
        if let (Some(kind), true) = (inner.first_mut(), u.arbitrary()?) {
            // Messages whose fields are taken apart.
            *kind = *u.choose(&[3, 5, 9, 12, 13, 17, 42, 130, 133, 134, 137, 143])?;
        }
        match u.int_in_range(0..=2)? {
            0 => data = [ipv4(*u.choose(&[1, 6, 17, 51, 58])?, &inner), data].concat(),
            1 => {
                data = [
                    ipv6(*u.choose(&[0, 6, 17, 43, 44, 51, 58, 60])?, &inner),
                    data,
                ]
                .concat();
            }
            _ => {}
        }
        if let (Some(ihl), true) = (data.get_mut(14), u.ratio(1, 4)?) {
            *ihl = ihl.saturating_add(u.int_in_range(0..=10)?);
        }
        let original = data.len();
        let keep = u.int_in_range(0..=data.len())?;
        data.truncate(keep);
        let original = if u.arbitrary()? { original } else { data.len() };
        let anatomy = cut_anatomy(*u.choose(&links)?, &data, original);
        let mut covered = 0;
        for (layer, fields) in anatomy.layers() {
            assert_eq!(layer.offset, covered, "{}", outline(&anatomy));
            covered += layer.len;
            for field in fields {
                let inside = layer.offset <= field.bytes.start
                    && field.bytes.start <= field.bytes.end
                    && field.bytes.end <= layer.offset + layer.len;
                assert!(inside, "{field:?} in {layer:?}");
            }
        }
        assert_eq!(covered, anatomy.padding().start, "{}", outline(&anatomy));
        assert_eq!(anatomy.padding().end, data.len());
        Ok(())
    })
    .budget_ms(1000);
}
