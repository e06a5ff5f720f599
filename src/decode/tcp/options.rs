//! The options of a TCP header, RFC 9293 3.1 and the RFCs named at each.
//!
//! ```text
//!  0        1        2
//! +--------+--------+------------------ …
//! |  kind  | length |  data              length counts kind and itself;
//! +--------+--------+------------------  kinds 0 and 1 are alone, without a length
//! ```

use super::SeqNumber;

/// The most bytes that options can have.
pub const MAX_OPTIONS_LEN: usize = 40;

/// An option of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOption<'a> {
    /// 0: no options follow.
    EndOfList,
    /// 1: padding between options.
    Nop,
    /// 2: the largest segment the sender wants to receive, in bytes.
    MaximumSegmentSize(u16),
    /// 3: the sender's windows count in units of 2 to this power, RFC 7323 (14 is the most that
    /// counts).
    WindowScale(u8),
    /// 4: selective acknowledgments may be sent, RFC 2018.
    SackPermitted,
    /// 5: what has arrived beyond the acknowledgment.
    Sack(SackBlocks<'a>),
    /// 8: RFC 7323.
    Timestamps {
        /// The sender's clock (`TSval`).
        value: u32,
        /// The other side's clock, sent back (`TSecr`).
        echo: u32,
    },
    /// 34: the Fast Open cookie, or the request for one where it is empty, RFC 7413.
    FastOpenCookie(&'a [u8]),
    /// 19: the MD5 signature, RFC 2385.
    Md5Signature(&'a [u8; 16]),
    /// 28: how long the sender waits for acknowledgments, RFC 5482, as it stands on the wire: the
    /// first bit tells minutes from seconds.
    UserTimeout(u16),
    /// 29: the authentication option, RFC 5925.
    Authentication(&'a [u8]),
    /// 30: Multipath TCP, RFC 8684; the first half byte tells which of its messages it is.
    Multipath(&'a [u8]),
    /// Any other, by its number ([`option_name`]), with what follows its length.
    Other {
        /// The option's number.
        kind: u8,
        /// Its data.
        data: &'a [u8],
    },
    /// The length is not one this option can have, or goes past the end of the header: nothing behind
    /// it can be read.
    Malformed {
        /// The option's number.
        kind: u8,
    },
}

/// Up to four blocks of received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SackBlocks<'a>(&'a [[u8; 8]]);

/// The options in a header's option bytes, in order; at most 40.
pub fn options(bytes: &[u8]) -> Options<'_> {
    Options {
        rest: bytes.get(..MAX_OPTIONS_LEN).unwrap_or(bytes),
        missing: 0,
    }
}

/// The options of a header, in order. Ends at the end of the list, behind a malformed one, or before
/// one that is cut.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    rest: &'a [u8],
    /// Bytes of the header behind `rest` that are not here.
    missing: usize,
}

impl<'a> Options<'a> {
    /// The same options, with `missing` more bytes by the header's length that are not here.
    pub(super) fn cut(self, missing: usize) -> Self {
        Self { missing, ..self }
    }

    /// What has not been read yet. Behind the last option: the beginning of one that is cut, or
    /// nothing.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = TcpOption<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, rest) = self.rest.split_first()?;
        // The length counts the kind and itself.
        let len = rest.first().map_or(2, |len| usize::from(*len));
        let goes_beyond = *kind > 1 && len > self.rest.len();
        if goes_beyond && len <= self.rest.len() + self.missing {
            return None;
        }
        self.rest = rest;
        let option = match kind {
            0 => {
                self.rest = &[];
                return Some(TcpOption::EndOfList);
            }
            1 => return Some(TcpOption::Nop),
            _ => rest.split_first().and_then(|(len, rest)| {
                let (data, rest) = rest.split_at_checked(usize::from(*len).checked_sub(2)?)?;
                self.rest = rest;
                typed(*kind, data)
            }),
        };
        if option.is_none() {
            self.rest = &[];
        }
        Some(option.unwrap_or(TcpOption::Malformed { kind: *kind }))
    }
}

/// The option that a number and its data are; `None` where the data have another length than theirs.
fn typed(kind: u8, data: &[u8]) -> Option<TcpOption<'_>> {
    Some(match (kind, data) {
        (2, [a, b]) => TcpOption::MaximumSegmentSize(u16::from_be_bytes([*a, *b])),
        (3, [shift]) => TcpOption::WindowScale(*shift),
        (4, []) => TcpOption::SackPermitted,
        (5, _) => match data.as_chunks::<8>() {
            (blocks @ [_, ..], []) => TcpOption::Sack(SackBlocks(blocks)),
            _ => return None,
        },
        (8, [v0, v1, v2, v3, e0, e1, e2, e3]) => TcpOption::Timestamps {
            value: u32::from_be_bytes([*v0, *v1, *v2, *v3]),
            echo: u32::from_be_bytes([*e0, *e1, *e2, *e3]),
        },
        (19, _) => TcpOption::Md5Signature(data.try_into().ok()?),
        (28, [a, b]) => TcpOption::UserTimeout(u16::from_be_bytes([*a, *b])),
        (29, [_, _, ..]) => TcpOption::Authentication(data),
        (30, [_, ..]) => TcpOption::Multipath(data),
        (34, _) => TcpOption::FastOpenCookie(data),
        (2..=4 | 8 | 28..=30, _) => return None,
        _ => TcpOption::Other { kind, data },
    })
}

impl TcpOption<'_> {
    /// The option's number.
    pub const fn kind(&self) -> u8 {
        match self {
            Self::EndOfList => 0,
            Self::Nop => 1,
            Self::MaximumSegmentSize(_) => 2,
            Self::WindowScale(_) => 3,
            Self::SackPermitted => 4,
            Self::Sack(_) => 5,
            Self::Timestamps { .. } => 8,
            Self::Md5Signature(_) => 19,
            Self::UserTimeout(_) => 28,
            Self::Authentication(_) => 29,
            Self::Multipath(_) => 30,
            Self::FastOpenCookie(_) => 34,
            Self::Other { kind, .. } | Self::Malformed { kind } => *kind,
        }
    }
}

impl<'a> SackBlocks<'a> {
    /// The blocks in order: the first sequence number of each, and the one behind its last.
    pub fn iter(self) -> impl Iterator<Item = (SeqNumber, SeqNumber)> + 'a {
        self.0.iter().map(|[f0, f1, f2, f3, e0, e1, e2, e3]| {
            (
                SeqNumber(u32::from_be_bytes([*f0, *f1, *f2, *f3])),
                SeqNumber(u32::from_be_bytes([*e0, *e1, *e2, *e3])),
            )
        })
    }
}

/// What an option's number stands for, in tcpdump's words where it has one: `mss`, `wscale` …
pub const fn option_name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "eol",
        1 => "nop",
        2 => "mss",
        3 => "wscale",
        4 => "sackOK",
        5 => "sack",
        6 => "echo",
        7 => "echoreply",
        8 => "TS",
        11 => "cc",
        12 => "ccnew",
        13 => "ccecho",
        19 => "md5",
        27 => "quick-start",
        28 => "uto",
        29 => "tcp-ao",
        30 => "mptcp",
        34 => "tfo",
        69 => "tcp-eno",
        172 | 174 => "accecn",
        253 | 254 => "exp",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::hex;
    use super::*;

    #[test]
    fn every_kind_of_option() {
        let signature = [0xab; 16];
        let cases: [(&str, TcpOption<'_>); 11] = [
            ("00", TcpOption::EndOfList),
            ("01", TcpOption::Nop),
            ("0204 0200", TcpOption::MaximumSegmentSize(512)),
            ("0303 0e", TcpOption::WindowScale(14)),
            ("0402", TcpOption::SackPermitted),
            (
                "080a 00000001 00000002",
                TcpOption::Timestamps { value: 1, echo: 2 },
            ),
            (
                "1312 abababab abababab abababab abababab",
                TcpOption::Md5Signature(&signature),
            ),
            ("1c04 8005", TcpOption::UserTimeout(0x8005)),
            ("1e04 0081", TcpOption::Multipath(&[0x00, 0x81])),
            ("2202", TcpOption::FastOpenCookie(&[])),
            (
                "fd04 f989",
                TcpOption::Other {
                    kind: 253,
                    data: &[0xf9, 0x89],
                },
            ),
        ];
        for (bytes, option) in cases {
            let bytes = hex(&[bytes]);
            assert_eq!(options(&bytes).collect::<Vec<_>>(), [option]);
            assert_eq!(option.kind(), bytes[0]);
        }

        let bytes = hex(&["0512 00000001 00000005 ffffffff 00000003"]);
        let Some(TcpOption::Sack(blocks)) = options(&bytes).next() else {
            panic!();
        };
        assert_eq!(
            blocks.iter().collect::<Vec<_>>(),
            [
                (SeqNumber(1), SeqNumber(5)),
                (SeqNumber(u32::MAX), SeqNumber(3)),
            ]
        );
    }

    #[test]
    fn a_malformed_option_says_so_and_ends_the_list() {
        for (bytes, kind) in [
            ("02", 2),                  // no length
            ("0200 01 01", 2),          // length 0
            ("0201 01 01", 2),          // length 1
            ("0204 05", 2),             // past the end
            ("0203 05 01", 2),          // not the length of an MSS
            ("0502 01", 5),             // no block
            ("0509 00000000000000", 5), // no whole block
            ("0809 00000000000000", 8),
            ("1304 0000", 19),
            ("1e02", 30),
            ("ff80 00", 255),
        ] {
            let bytes = hex(&[bytes]);
            assert_eq!(
                options(&bytes).collect::<Vec<_>>(),
                [TcpOption::Malformed { kind }]
            );
        }
    }

    #[test]
    fn options_take_at_most_forty_steps_and_end_at_the_end_of_the_list() {
        assert_eq!(options(&[1; 4000]).count(), 40);
        assert_eq!(options(&[1, 0, 2, 4, 5, 180]).count(), 2);
    }
}
