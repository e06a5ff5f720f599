//! What a TCP segment makes of an arrow.

use super::{Draft, Fold};
use crate::{
    decode::tcp::{self, SeqNumber, TcpOption},
    report::{
        style::Role,
        words::{Lang, ladder as words},
    },
    track::flow::Flow,
};

/// What of a segment the states and the folding need.
#[derive(Clone, Copy, Debug)]
pub struct Tcp {
    pub flow: Flow,
    pub seq: SeqNumber,
    pub ack: Option<SeqNumber>,
    pub flags: tcp::Flags,
    pub len: u32,
    /// Its receiver threw it away.
    pub is_void: bool,
}

impl Tcp {
    /// The number behind it.
    pub fn end(&self) -> SeqNumber {
        self.seq + self.len + u32::from(self.flags.syn()) + u32::from(self.flags.fin())
    }

    /// Nothing but an acknowledgment.
    pub const fn is_pure_ack(&self) -> bool {
        self.len == 0 && !self.flags.syn() && !self.flags.fin() && !self.flags.rst()
    }
}

impl Draft {
    /// It answers a SYN.
    pub fn is_syn_ack(&self) -> bool {
        self.tcp
            .is_some_and(|tcp| tcp.flags.syn() && tcp.ack.is_some())
    }

    pub(super) fn segment(&mut self, segment: &tcp::Segment<'_>, flow: Flow) {
        let flags = segment.flags;
        let len = u32::try_from(segment.payload_len).unwrap_or(u32::MAX);
        let it = Tcp {
            flow,
            seq: segment.sequence,
            ack: flags.ack().then_some(segment.acknowledgment),
            flags,
            len,
            is_void: false,
        };
        self.tcp = Some(it);
        self.bytes = (len > 0).then_some(len.into());
        self.matters = !it.is_pure_ack();
        if len > 0 && !flags.psh() && !flags.fin() && !flags.syn() && !flags.rst() {
            self.fold = Some(Fold::Data);
        }
        if flags.rst() {
            self.role = Role::Bad;
        }
    }

    /// Names a segment once it is known where both sides began to count.
    pub fn name_segment(&mut self, base: [Option<SeqNumber>; 2], verbose: bool, lang: Lang) {
        let Some(it) = self.tcp else {
            return;
        };
        let flags = it.flags;
        let name = match (flags.syn(), flags.fin(), flags.rst(), it.ack) {
            (_, _, true, _) => "RST",
            (true, _, _, None) => "SYN",
            (true, _, _, Some(_)) => "SYN-ACK",
            (_, true, _, _) => "FIN",
            _ if it.len > 0 => "",
            (_, _, _, Some(_)) => "ACK",
            _ => words::NO_FLAGS.of(lang),
        };
        let role = if flags.rst() {
            Role::Bad
        } else {
            Role::Heading
        };
        if !name.is_empty() {
            self.label.word(role, name);
        }
        let relative = |number: SeqNumber, base: Option<SeqNumber>| {
            number.0.wrapping_sub(base.map_or(0, |base| base.0))
        };
        let counts = flags.syn() || flags.fin() || it.is_pure_ack();
        if flags.syn() || flags.fin() || it.len > 0 && verbose {
            self.label
                .extra(format!("seq={}", relative(it.seq, base[0])));
        }
        if let Some(ack) = it
            .ack
            .filter(|_| !flags.rst() && (counts && !flags.fin() || verbose))
        {
            self.label.extra(format!("ack={}", relative(ack, base[1])));
        }
        if let Some(mss) = self.mss.filter(|_| flags.syn()) {
            self.label.extra(format!("mss {mss}"));
        }
    }
}

/// The largest segment that a SYN announces.
pub fn mss(segment: &tcp::Segment<'_>) -> Option<u16> {
    segment.option_list().find_map(|option| match option {
        TcpOption::MaximumSegmentSize(mss) => Some(mss),
        _ => None,
    })
}
