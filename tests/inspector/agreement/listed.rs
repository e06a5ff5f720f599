/// Rows of Zeek's `conn.log` that we tell otherwise: the capture, the originator's port, what we say, and
/// why.
pub const UNLIKE_ZEEK: &[(&str, &str, &str, &str)] = &[
    (
        "tcp-anomaly/zeek__retransmit-fast009.pcap",
        "50368",
        "RSTO ShADadtR",
        "the snaplen cut the payload; only what was lost on the wire is a gap to us",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1576",
        "RSTO ^fAR",
        "Zeek splits at its timers, we do not",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1577",
        "SF ^fAFa",
        "Zeek splits at its timers, we do not",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1577",
        "RSTRH ^r",
        "a late RST: Zeek's second piece of the connection before stands against it",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1576",
        "RSTRH ^r",
        "a late RST: Zeek's second piece of the connection before stands against it",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1576",
        "nothing",
        "the third piece of what is two connections to us",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1577",
        "nothing",
        "the third piece of what is two connections to us",
    ),
    (
        "udp/zeek__Teredo.pcap",
        "1286",
        "nothing",
        "inside a tunnel, which we do not enter",
    ),
    (
        "vlan-linktypes/zeek__vxlan-encapsulated-http.pcap",
        "40354",
        "nothing",
        "inside a tunnel, which we do not enter",
    ),
    (
        "zeek-extra/zeek__gtp6_gtp_0x32.pcap",
        "44960",
        "nothing",
        "inside a tunnel, which we do not enter",
    ),
    (
        "zeek-extra/zeek__auth_change_session_keys.pcap",
        "",
        "S1 ShADd",
        "the responder's card fills in the checksums (the header's field is 0, TCP's is the pseudo header's sum); Zeek takes its segments for damaged",
    ),
    (
        "zeek-extra/zeek__globus-url-copy.pcap",
        "35391",
        "SF ShADadfF",
        "Zeek's GridFTP script stops looking at the data connection before it ends",
    ),
    (
        "zeek-extra/zeek__zeek-image-post-1080-8000-x.pcap",
        "1080",
        "SF HadADfF turned round",
        "Zeek was told there which addresses are its own",
    ),
];

const REUSE: &str =
    "a SYN after an RST opens a new connection, though its sequence number is the same";
const PADDED: &str =
    "acknowledgments there carry padding that IP counts as payload; it overlaps what follows";
const LINGERED: &str =
    "more than five seconds after the close, segments belong to a new connection";
const EARLY_ACK: &str =
    "captured after its acknowledgment, but never before: tshark calls it spurious";
const STRAY_ACK: &str =
    "an ACK and a FIN that overtook each other ask for nothing and repeat nothing";
const TWO_VLANS: &str = "the same sockets in two VLANs; tshark keeps them apart";

/// Counts of tshark's that differ from ours: the capture, the sender's socket, the count with tshark's figure
/// and ours, and why.
pub const UNLIKE_TSHARK: &[(&str, &str, &str, &str)] = &[
    (
        "big/PcapPlusPlus__example2.pcap",
        "10.0.0.1:55260 > 212.58.244.71:80",
        "retransmissions 7 6",
        LINGERED,
    ),
    (
        "big/PcapPlusPlus__example2.pcap",
        "10.0.0.1:55260 > 212.58.244.71:80",
        "spurious_retransmissions 2 1",
        LINGERED,
    ),
    (
        "big/built__devmix.pcap",
        "10.170.2.48:25 > 10.170.5.247:30709",
        "retransmissions 2 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "10.170.2.48:25 > 10.170.5.247:30709",
        "spurious_retransmissions 2 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "10.170.5.247:30709 > 10.170.2.48:25",
        "retransmissions 8 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "10.170.5.247:30709 > 10.170.2.48:25",
        "spurious_retransmissions 8 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "107.195.111.118:443 > 13.186.252.78:45104",
        "keep_alives 2 0",
        STRAY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "107.195.111.118:443 > 13.186.252.78:45104",
        "retransmissions 2 3",
        STRAY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "107.195.111.118:443 > 13.186.252.78:45124",
        "retransmissions 0 1",
        "a FIN one further is still the FIN again",
    ),
    (
        "big/built__devmix.pcap",
        "112.240.216.187:990 > 12.215.11.154:49254",
        "spurious_retransmissions 3 2",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "14.114.133.72:8091 > 14.49.4.229:40632",
        "retransmissions 1 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "14.114.133.72:8091 > 14.49.4.229:40632",
        "spurious_retransmissions 1 0",
        EARLY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "15.95.24.205:3955 > 15.95.37.101:2998",
        "retransmissions 2 0",
        REUSE,
    ),
    (
        "big/built__devmix.pcap",
        "175.243.1.87:49668 > 175.243.252.38:50562",
        "keep_alives 1 0",
        STRAY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "175.243.252.38:50562 > 175.243.1.87:49668",
        "duplicate_acks 0 1",
        STRAY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "56.171.25.238:443 > 194.147.10.135:41517",
        "retransmissions 1 0",
        STRAY_ACK,
    ),
    (
        "big/built__devmix.pcap",
        "56.171.25.29:443 > 194.147.10.135:31329",
        "retransmissions 1 0",
        STRAY_ACK,
    ),
    (
        "fragments/zeek__ipv6-http-atomic-frag.pcap",
        "[2001:db8:1::2]:36951 > [2001:db8:1::1]:80",
        "retransmissions 1 0",
        EARLY_ACK,
    ),
    (
        "fragments/zeek__ipv6-http-atomic-frag.pcap",
        "[2001:db8:1::2]:36951 > [2001:db8:1::1]:80",
        "spurious_retransmissions 1 0",
        EARLY_ACK,
    ),
    (
        "handshake/suricata__split-handshake-4whs.pcap",
        "1.1.1.1:12345 > 2.2.2.2:80",
        "retransmissions 1 0",
        "the SYN-ACK of a simultaneous open is no copy",
    ),
    (
        "handshake/zeek__pop3.pcap",
        "192.168.0.4:26242 > 212.227.15.188:110",
        "retransmissions 2 0",
        REUSE,
    ),
    (
        "handshake/zeek__pop3.pcap",
        "192.168.0.4:26245 > 212.227.15.171:110",
        "retransmissions 2 0",
        REUSE,
    ),
    (
        "malformed/nDPI__fuzz-2006-06-26-2594.pcap",
        "147.234.1.253:21 > 192.168.1.2:2720",
        "retransmissions 3 1",
        "damaged on purpose: sequence numbers jump",
    ),
    (
        "malformed/nDPI__fuzz-2006-06-26-2594.pcap",
        "147.234.1.253:21 > 192.168.1.2:2720",
        "spurious_retransmissions 1 0",
        "damaged on purpose: sequence numbers jump",
    ),
    (
        "malformed/nDPI__fuzz-2006-06-26-2594.pcap",
        "192.168.1.2:2720 > 147.234.1.253:21",
        "retransmissions 2 1",
        "damaged on purpose: sequence numbers jump",
    ),
    (
        "malformed/pcap-parser__err-buffertoosmall.pcapng",
        "93.184.216.34:443 > 192.168.178.113:54652",
        "retransmissions 1 0",
        STRAY_ACK,
    ),
    (
        "tcp-anomaly/nDPI__edonkey.pcap",
        "201.15.177.227:1754 > 135.192.214.240:7551",
        "retransmissions 2 1",
        LINGERED,
    ),
    (
        "tcp-anomaly/nDPI__heuristic_tcp_ack_payload.pcap",
        "194.226.199.21:58155 > 52.18.127.189:443",
        "out_of_order 6 0",
        PADDED,
    ),
    (
        "tcp-anomaly/nDPI__heuristic_tcp_ack_payload.pcap",
        "194.226.199.21:58155 > 52.18.127.189:443",
        "retransmissions 2 9",
        PADDED,
    ),
    (
        "tcp-anomaly/nDPI__heuristic_tcp_ack_payload.pcap",
        "194.226.199.9:49756 > 92.223.106.21:443",
        "retransmissions 4 3",
        PADDED,
    ),
    (
        "tcp-anomaly/nDPI__heuristic_tcp_ack_payload.pcap",
        "2.22.40.186:443 > 194.226.199.61:6946",
        "out_of_order 4 0",
        PADDED,
    ),
    (
        "tcp-anomaly/nDPI__heuristic_tcp_ack_payload.pcap",
        "2.22.40.186:443 > 194.226.199.61:6946",
        "retransmissions 14 19",
        PADDED,
    ),
    (
        "tcp-anomaly/zeek__reassembly.pcap",
        "63.193.213.194:2564 > 128.3.97.175:80",
        "retransmissions 17 15",
        EARLY_ACK,
    ),
    (
        "teardown/zeek__fin_retransmission.pcap",
        "10.1.30.117:55344 > 17.167.193.62:443",
        "retransmissions 2 1",
        "a FIN where the SYN stood is the first FIN",
    ),
    (
        "vlan-linktypes/zeek__vlan-collisions.pcap",
        "141.142.228.5:59856 > 192.150.187.43:80",
        "keep_alives 4 0",
        TWO_VLANS,
    ),
    (
        "vlan-linktypes/zeek__vlan-collisions.pcap",
        "141.142.228.5:59856 > 192.150.187.43:80",
        "spurious_retransmissions 0 1",
        TWO_VLANS,
    ),
    (
        "vlan-linktypes/zeek__vlan-collisions.pcap",
        "192.150.187.43:80 > 141.142.228.5:59856",
        "spurious_retransmissions 4 8",
        TWO_VLANS,
    ),
];

/// Captures with TCP inside tunnels, which tshark enters and we do not.
pub const TUNNELS: &[&str] = &[
    "big/built__devmix.pcap",
    "zeek-extra/zeek__gtp6_gtp_0x32.pcap",
];
