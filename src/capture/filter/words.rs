//! Keeps names out of filter expressions: libpcap would ask a name server for their addresses, and
//! an inspector that only watches sends nothing.
//!
//! Every word of an expression must be one of pcap-filter(7)'s own, a number or an address. Other
//! names are left only where libpcap looks them up in a file or a table of its own: after `port`,
//! `portrange`, `proto` and `protochain`, and behind the few words that take a value by name.

use std::net::Ipv6Addr;

/// The first word of `expression` that could be the name of a host or a network.
pub(super) fn name_in(expression: &str) -> Option<&str> {
    let mut names = Names::Refused;
    let mut rest = expression;
    while let Some(from) = rest.find(|c| is_word(c) || c == '[' || c == '\\') {
        rest = &rest[from..];
        if let Some(index) = rest.strip_prefix('[') {
            // An offset into the packet: libpcap's grammar has no names in there.
            rest = after_bracket(index);
            continue;
        }
        let escaped = rest.strip_prefix('\\');
        let word = match escaped {
            // Behind a backslash anything up to these is one word, and never a keyword.
            Some(word) => until(word, |c| c.is_whitespace() || "!()".contains(c)),
            None => until(rest, |c| !is_word(c)),
        };
        rest = &rest[word.len() + usize::from(escaped.is_some())..];
        if escaped.is_some() || !is_keyword(word) {
            let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            let known = escaped.is_none() && (is_number(word) || is_address(word));
            let allowed = plain && names != Names::Refused;
            if !known && !allowed {
                return Some(word);
            }
            if names == Names::Next {
                names = Names::Refused;
            }
        } else {
            names = names.after(word);
        }
    }
    None
}

/// Whether `expression` has the word `word`.
pub(super) fn has(expression: &str, word: &str) -> bool {
    expression.split(|c| !is_word(c)).any(|other| other == word)
}

/// Where names may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Refused,
    /// As the next word.
    Next,
    /// As the next word, and after `and`, `or`, `not`: `port http or https`.
    Services,
}

impl Names {
    fn after(self, keyword: &str) -> Self {
        match keyword {
            "and" | "or" | "not" => self,
            "port" | "portrange" | "proto" | "protochain" => Self::Services,
            "on" | "ifname" | "rset" | "ruleset" | "reason" | "action" | "type" | "subtype"
            | "dir" | "direction" | "llc" => Self::Next,
            _ => Self::Refused,
        }
    }
}

/// What libpcap's scanner takes as one word.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._:-".contains(c)
}

fn until(text: &str, end: impl Fn(char) -> bool) -> &str {
    text.find(end).map_or(text, |at| &text[..at])
}

/// What follows the bracket that closes the one before `text`.
fn after_bracket(text: &str) -> &str {
    let mut open = 1;
    for (at, c) in text.char_indices() {
        match c {
            '[' => open += 1,
            ']' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return &text[at + 1..];
        }
    }
    ""
}

/// Whether a word is one of pcap-filter(7)'s own.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word) || CONSTANTS.contains(&word)
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches('-');
    match digits.strip_prefix("0x") {
        Some(hex) => all_hex(hex),
        None => !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()),
    }
}

fn is_address(word: &str) -> bool {
    // 10.1.2.3 or the front of it, as in `net 10.1`.
    let mut parts = word.split('.');
    let of_digits = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    if parts.clone().count() <= 4 && parts.all(of_digits) {
        return true;
    }
    // 02:00:00:00:00:01, or with `-` or `.`, 0200.0000.0001, 020000000001.
    let groups = |separator, count, longest| {
        let mut groups = word.split(separator);
        groups.clone().count() == count
            && groups.all(|group: &str| all_hex(group) && group.len() <= longest)
    };
    [':', '-', '.'].into_iter().any(|c| groups(c, 6, 2))
        || (groups('.', 3, 4) && word.len() == 14)
        || (word.len() == 12 && all_hex(word))
        || word.parse::<Ipv6Addr>().is_ok()
}

fn all_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_hexdigit())
}

/// The words of pcap-filter(7).
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "and", "or", "not",
    "src", "dst", "host", "net", "mask", "port", "portrange", "proto", "protochain", "gateway",
    "less", "greater", "len", "length", "byte", "broadcast", "multicast",
    "inbound", "outbound", "ifindex", "link", "ether", "ppp", "slip", "fddi", "tr", "wlan",
    "ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "igrp", "pim",
    "vrrp", "carp", "ah", "esp", "radio",
    "atalk", "aarp", "decnet", "lat", "sca", "moprc", "mopdl", "stp", "ipx", "netbeui",
    "iso", "esis", "es-is", "isis", "is-is", "clnp", "l1", "l2", "iih", "lsp", "snp", "csnp",
    "psnp",
    "vlan", "mpls", "pppoed", "pppoes", "geneve", "llc",
    "on", "ifname", "rset", "ruleset", "rnr", "rulenum", "srnr", "subrulenum", "reason", "action",
    "type", "subtype", "dir", "direction", "ra", "ta",
    "addr1", "addr2", "addr3", "addr4", "address1", "address2", "address3", "address4",
    "lane", "metac", "bcc", "oam", "oamf4", "oamf4ec", "oamf4sc", "sc", "ilmic", "vpi", "vci",
    "connectmsg", "metaconnect",
    "fisu", "lssu", "lsssu", "msu", "hfisu", "hlssu", "hmsu", "sio", "opc", "dpc", "sls",
    "hsio", "hopc", "hdpc", "hsls",
];

/// The names that pcap-filter(7) has for offsets and values.
#[rustfmt::skip]
const CONSTANTS: &[&str] = &[
    "tcpflags", "tcp-fin", "tcp-syn", "tcp-rst", "tcp-push", "tcp-ack", "tcp-urg", "tcp-ece",
    "tcp-cwr",
    "icmptype", "icmpcode", "icmp-echoreply", "icmp-unreach", "icmp-sourcequench", "icmp-redirect",
    "icmp-echo", "icmp-routeradvert", "icmp-routersolicit", "icmp-timxceed", "icmp-paramprob",
    "icmp-tstamp", "icmp-tstampreply", "icmp-ireq", "icmp-ireqreply", "icmp-maskreq",
    "icmp-maskreply",
    "icmp6type", "icmp6code", "icmp6-destinationunreach", "icmp6-destinationrunreach",
    "icmp6-packettoobig", "icmp6-timeexceeded", "icmp6-parameterproblem", "icmp6-echo",
    "icmp6-echoreply", "icmp6-multicastlistenerquery", "icmp6-multicastlistenerreportv1",
    "icmp6-multicastlistenerdone", "icmp6-routersolicit", "icmp6-routeradvert",
    "icmp6-neighborsolicit", "icmp6-neighboradvert", "icmp6-redirect", "icmp6-routerrenum",
    "icmp6-nodeinformationquery", "icmp6-nodeinformationresponse",
    "icmp6-ineighbordiscoverysolicit", "icmp6-ineighbordiscoveryadvert",
    "icmp6-multicastlistenerreportv2", "icmp6-homeagentdiscoveryrequest",
    "icmp6-homeagentdiscoveryreply", "icmp6-mobileprefixsolicit", "icmp6-mobileprefixadvert",
    "icmp6-certpathsolicit", "icmp6-certpathadvert", "icmp6-multicastrouteradvert",
    "icmp6-multicastroutersolicit", "icmp6-multicastrouterterm",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_every_day_have_no_names() {
        for expression in [
            "",
            "tcp port 8520",
            "host 192.168.15.73 and not arp",
            "net 192.168.15.0/24 or net 10.1 or src net 10",
            "net 10.0.0.0 mask 255.0.0.0",
            "ether host 02:00:00:00:00:01 or ether src 2-0-0-0-0-1 or ether dst 0200.0000.0001",
            "ip6 host fe80::1 or net 2001:db8::/32 or host ::ffff:10.0.0.1",
            "port http or https and portrange 8000-8010 or port (ftp-data or 20)",
            "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 10.0.0.0/8",
            "tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420",
            "ip[ip[0]&0xf:2] = 80 && len >= 100 || !vlan",
            "vlan 100 and (pppoes and ip proto \\tcp)",
            "icmp[icmptype] = icmp-echo or ether proto 0x88cc or ip proto ospf",
            "type mgt subtype beacon",
        ] {
            assert_eq!(name_in(expression), None, "{expression}");
        }
    }

    #[test]
    fn names_that_would_be_looked_up_are_found() {
        for (expression, name) in [
            ("host example.org", "example.org"),
            ("example.org", "example.org"),
            ("net somewhere", "somewhere"),
            ("port http or host example.org", "example.org"),
            ("port http or src example", "example"),
            ("port http or tcp example", "example"),
            ("type mgt or example", "example"),
            ("port example.org", "example.org"),
            ("host \\example.org", "example.org"),
            ("host \\tcp", "tcp"),
            ("host \\1.2.3.4&5", "1.2.3.4&5"),
            ("host HOST", "HOST"),
            ("host 1.2.3.4.5", "1.2.3.4.5"),
            ("host 10-20", "10-20"),
            ("len-5 > 3", "len-5"),
            ("tcp[0] = 1 and host a.b", "a.b"),
            ("tcp[0:[ ] host a.b ] host c.d", "c.d"),
            ("host a.b;", "a.b"),
            ("host\u{a0}a.b", "a.b"),
            ("gateway router", "router"),
            ("tcp-evil", "tcp-evil"),
            ("host 2001:db8::g", "2001:db8::g"),
        ] {
            assert_eq!(name_in(expression), Some(name), "{expression}");
        }
    }

    #[test]
    fn words_are_whole() {
        assert!(has("not vlan", "vlan"));
        assert!(has("(vlan)", "vlan"));
        assert!(!has("vlans or x-vlan", "vlan"));
    }
}
