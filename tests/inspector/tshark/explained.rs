//! Where we differ from tshark on purpose.

/// A difference with its reason.
pub struct Explained {
    /// The capture, below `INSPECTOR_CORPUS`.
    pub file: &'static str,
    /// The field, by tshark's name or one of those that `fields` makes.
    pub field: &'static str,
    /// In how many frames.
    pub times: usize,
    /// Why, and who is right.
    #[allow(dead_code, reason = "for the reader")]
    pub reason: &'static str,
}

/// All of them.
pub const EXPLAINED: &[Explained] = &[
    Explained {
        file: "arp/libpcap__rarp_req_reply.pcapng",
        field: "network",
        times: 2,
        reason: "RARP has ARP's format; we name it and do not enter it",
    },
    Explained {
        file: "vlan-linktypes/zeek__linux_dlt_sll2.pcap",
        field: "network",
        times: 1,
        reason: "RARP, as above",
    },
    Explained {
        file: "malformed/nDPI__fuzz-2006-06-26-2594.pcap",
        field: "network",
        times: 3,
        reason: "ARP of changed types: tshark prints any, we enter Ethernet and IPv4",
    },
    Explained {
        file: "malformed/tcpdump__arp-oobr.pcap",
        field: "network",
        times: 162,
        reason: "ARP of changed types, as above",
    },
    Explained {
        file: "malformed/tcpdump__arp-oobr.pcap",
        field: "verdict",
        times: 15,
        reason: "Ethernet and IPv4 by its types, other lengths by its length fields: tshark shifts the addresses, we call it malformed",
    },
    Explained {
        file: "malformed/nDPI__fuzz-2006-06-26-2594.pcap",
        field: "verdict",
        times: 2,
        reason: "an 802.3 length of 0 leaves no room for the LLC header; tshark says nothing",
    },
    Explained {
        file: "malformed/nDPI__fuzz-2006-06-26-2594.pcap",
        field: "tcp.flags",
        times: 2,
        reason: "tshark adds the three reserved bits to the nine flags",
    },
    Explained {
        file: "malformed/tcpdump__heapoverflow-tcp_print.pcap",
        field: "tcp.flags",
        times: 1,
        reason: "reserved bits, as above",
    },
    Explained {
        file: "teardown/zeek__rst-inject-rae.pcap",
        field: "tcp.flags",
        times: 1,
        reason: "reserved bits, as above",
    },
    Explained {
        file: "big/built__devmix.pcap",
        field: "verdict",
        times: 1,
        reason: "an AH of 8 bytes: RFC 4302 has 12 at least; tshark goes on behind it",
    },
    Explained {
        file: "big/built__devmix.pcap",
        field: "ip.len",
        times: 1,
        reason: "a super-frame with total length 0: tshark prints what it takes the length to be, we what is there",
    },
    Explained {
        file: "zeek-extra/zeek__missing_krbtgt_ldap_request.pcapng",
        field: "ip.len",
        times: 1,
        reason: "total length 0, as above",
    },
    Explained {
        file: "vlan-linktypes/PcapPlusPlus__null_loopback.pcap",
        field: "network",
        times: 1,
        reason: "0f000800 is no protocol family; tshark guesses an ether type in its second half",
    },
];
