//! What events say of a single frame.

use crate::{
    report::{
        why::{
            chain::{Claim, Value},
            frame, frames,
        },
        words::why as words,
    },
    track::{
        event::{
            Content, Conversation, Event, FragmentedDatagram, Kind, Known, Resent, TcpOddity,
            TcpOddityName,
        },
        flow::{Flow, Side},
    },
};

/// What a usual link takes, in bytes.
const USUAL_MTU: u64 = 1500;

/// Of what was said at most so many characters are shown.
const MOST_CHARACTERS: usize = 40;

/// At most so many copies are named.
const MOST_COPIES: usize = 8;

/// What events say of the frame that was asked for.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub claims: Vec<Claim>,
    /// Frames that repeat it.
    copies: Vec<u64>,
    /// What it is a part of, where its own ports do not say so.
    pub part_of: Option<Conversation>,
    /// It is an ACK that says more than “got it”.
    pub says_more: bool,
    /// Where what it repeats was lost.
    pub lost: Option<Claim>,
}

impl Notes {
    /// Takes note of an event that may be about it.
    pub fn event(&mut self, asked: u64, event: &Event) {
        let is_its_own = event.frame == Some(asked);
        match &event.kind {
            Kind::TcpOddity(it) if is_its_own => self.oddity(it, asked, &event.because),
            Kind::TcpOddity(it) if event.because.first() == Some(&asked) => {
                let is_copy = matches!(
                    it.name,
                    TcpOddityName::Retransmission { .. }
                        | TcpOddityName::SpuriousRetransmission { .. }
                );
                if let Some(copy) = event.frame.filter(|_| is_copy)
                    && self.copies.len() < MOST_COPIES
                {
                    self.copies.push(copy);
                }
            }
            Kind::TcpMessage(it) if it.frames.contains(&asked) => {
                self.part_of = Some(Conversation::Tcp(it.conn));
                self.says(&it.flow, it.from, &it.content, it.len, &it.frames);
            }
            Kind::UdpMessage(it) if it.frames.contains(&asked) => {
                self.part_of = Some(Conversation::Udp(it.exchange));
                self.says(&it.flow, it.from, &it.content, it.len, &it.frames);
            }
            Kind::DatagramReassembled(it) if it.frames.contains(&asked) => self.whole(it),
            _ => {}
        }
    }

    /// All that there is to say.
    pub fn into_claims(self, asked: u64) -> Vec<Claim> {
        let mut claims = self.claims;
        if !self.copies.is_empty() {
            claims.push(words::sent_again_in(frame(asked), frames(&self.copies)));
        }
        claims
    }

    fn oddity(&mut self, it: &TcpOddity, number: u64, because: &[u64]) {
        let who = Value::side(&it.flow, it.from);
        let shown = frame(number);
        let claims = &mut self.claims;
        match it.name {
            TcpOddityName::Retransmission { what, .. } => {
                let (copy, lost) = match because.first() {
                    Some(original) => (
                        words::copy_of(shown, frame(*original)),
                        words::lost_behind(),
                    ),
                    None => (words::copy_of_unseen(shown), words::lost_before()),
                };
                claims.push(copy);
                self.lost = Some(lost).filter(|_| what != Resent::Syn);
            }
            TcpOddityName::SpuriousRetransmission { len } => {
                claims.push(words::needless_copy(shown, len));
                claims.push(words::acknowledgment_late(who));
            }
            TcpOddityName::OutOfOrder { .. } => {
                claims.push(words::came_late(shown));
                claims.push(words::overtaken());
            }
            TcpOddityName::DuplicateAck => {
                self.says_more = true;
                claims.push(words::asks_again(shown, who));
            }
            TcpOddityName::ZeroWindow => {
                self.says_more = true;
                claims.push(words::zero_window(shown, who));
            }
            TcpOddityName::WindowProbe => {
                self.says_more = true;
                claims.push(words::window_probe(shown, who));
            }
            TcpOddityName::WindowReopened { stalled } => {
                self.says_more = true;
                claims.push(words::reopened(shown, stalled));
            }
            TcpOddityName::KeepAlive => {
                self.says_more = true;
                claims.push(words::keep_alive(shown, who));
            }
            TcpOddityName::OverlapConflict { len, .. } => {
                claims.push(words::other_bytes(shown, len));
            }
            TcpOddityName::BadChecksum { .. } => {
                claims.push(words::bad_checksum(shown));
                claims.push(words::thrown_away_or_uncomputed());
            }
            TcpOddityName::Gap { len } => claims.push(words::hole(shown, len)),
            TcpOddityName::RstOutOfWindow => claims.push(words::rst_out_of_window(shown)),
        }
    }

    fn says(&mut self, flow: &Flow, from: Side, content: &Content, len: u64, all: &[u64]) {
        let (who, shown) = (Value::side(flow, from), frames(all));
        self.claims.push(match content.read() {
            Known::Text(text) => {
                let mut said: String = text.chars().take(MOST_CHARACTERS).collect();
                if said.len() < text.len() {
                    said.push('…');
                }
                words::says(who, shown, said, len)
            }
            Known::Bytes(_) => words::says_bytes(who, shown, len),
        });
    }

    fn whole(&mut self, it: &FragmentedDatagram) {
        let claim = words::made_whole(frames(&it.frames), it.id, it.len);
        self.claims.push(claim);
        if it.len > USUAL_MTU {
            let claim = words::too_long_for_the_link(it.len, USUAL_MTU);
            self.claims.push(claim);
        }
    }
}
