//! In which state both ends of a connection are, as RFC 9293 3.3.2 names them.
//!
//! A bystander sees what an end sends, and so knows the state that it sends from. What an end makes of a
//! segment that it receives is inferred, until it sends something that proves it.

use crate::decode::tcp::SeqNumber;

/// A state of one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for a SYN.
    Listen,
    /// Has sent a SYN.
    SynSent,
    /// Has received a SYN and answered it.
    SynRcvd,
    /// Both SYNs are acknowledged.
    Established,
    /// Has sent a FIN.
    FinWait1,
    /// Its FIN is acknowledged, the other side goes on.
    FinWait2,
    /// Has received a FIN, and goes on.
    CloseWait,
    /// Both FINs crossed, and its own is not acknowledged yet.
    Closing,
    /// Has sent a FIN after the other side's.
    LastAck,
    /// Waits until no segment can be under way any more.
    TimeWait,
    /// Over, or never begun.
    Closed,
}

impl State {
    /// As RFC 9293 names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN_SENT",
            Self::SynRcvd => "SYN_RCVD",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN_WAIT_1",
            Self::FinWait2 => "FIN_WAIT_2",
            Self::CloseWait => "CLOSE_WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST_ACK",
            Self::TimeWait => "TIME_WAIT",
            Self::Closed => "CLOSED",
        }
    }
}

/// What of a segment moves states.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// Its frame.
    pub frame: u64,
    /// Which end sent it, 0 or 1.
    pub from: usize,
    /// Sequence number.
    pub seq: SeqNumber,
    /// Acknowledgment number, with ACK.
    pub ack: Option<SeqNumber>,
    /// SYN is set.
    pub syn: bool,
    /// FIN is set.
    pub fin: bool,
    /// RST is set.
    pub rst: bool,
    /// Payload bytes.
    pub len: u32,
}

/// What a segment did to both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// The new state of either end, where it has one.
    pub to: [Option<State>; 2],
    /// For either end, the frame whose receipt this segment proves.
    pub proven: [Option<u64>; 2],
    /// For either end, the frame that it was thought to have received and had not.
    pub retracted: [Option<u64>; 2],
    /// For either end, the frame that it was thought to have received a FIN with, and the state that it had
    /// instead.
    pub corrected: [Option<(u64, State)>; 2],
    /// The SYN that this SYN-ACK answers: its receiver listened.
    pub listened: Option<u64>,
}

/// A connection's two ends.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    ends: [End; 2],
}

#[derive(Clone, Debug, Default)]
struct End {
    state: Option<State>,
    /// Its SYN's number and frame.
    syn: Option<(SeqNumber, u64)>,
    /// The number behind its FIN.
    fin: Option<SeqNumber>,
    /// What it knows the other side to have acknowledged.
    acked: Option<SeqNumber>,
    /// It has received the other side's SYN, its FIN.
    has_syn: bool,
    has_fin: bool,
    /// Its FIN followed the other side's.
    is_second: bool,
    /// It was there before the capture began.
    is_old: bool,
    is_reset: bool,
    /// It has answered a SYN.
    has_answered: bool,
    /// It sent its SYN again, so that what is sent to it is not known to arrive.
    is_deaf: bool,
    /// The frame that its state was inferred from, and the acknowledgment that would prove it. That it is
    /// established any further segment proves.
    unproven: Option<(u64, Option<SeqNumber>)>,
}

impl Machine {
    /// A segment went by.
    pub fn observe(&mut self, it: Segment) -> Moves {
        let (me, you) = (it.from & 1, 1 - (it.from & 1));
        let mut moves = Moves::default();
        let is_over = |end: &End| matches!(end.state, Some(State::Closed | State::TimeWait));
        if it.syn && it.ack.is_none() && self.ends.iter().all(is_over) {
            *self = Self::default();
        }
        self.prove(me, &it, &mut moves);
        self.send(me, you, &it, &mut moves);
        self.receive(me, you, &it);
        for end in [me, you] {
            let state = self.state(end);
            let by_receipt = end == you;
            let this = &mut self.ends[end];
            if state == this.state {
                continue;
            }
            this.state = state;
            moves.to[end] = state;
            this.unproven = None;
            if by_receipt {
                let ends = it.syn || it.fin;
                let behind = it.seq + it.len + u32::from(it.syn) + u32::from(it.fin);
                this.unproven = Some((it.frame, ends.then_some(behind)));
            }
        }
        moves
    }

    /// What a segment tells of its sender's past.
    fn prove(&mut self, me: usize, it: &Segment, moves: &mut Moves) {
        let this = &mut self.ends[me];
        let Some((frame, need)) = this.unproven else {
            return;
        };
        let is_proven = match need {
            Some(need) => it.ack.is_some_and(|ack| !ack.before(need)),
            None => this.state == Some(State::Established) && !it.syn && !it.rst,
        };
        if is_proven {
            moves.proven[me] = Some(frame);
            this.unproven = None;
        }
    }

    fn send(&mut self, me: usize, you: usize, it: &Segment, moves: &mut Moves) {
        let other_fin = self.ends[you].fin;
        let other_syn = self.ends[you].syn;
        let this = &mut self.ends[me];
        if it.rst {
            this.is_reset = true;
            return;
        }
        if it.syn {
            // Who says it again has not heard the answer.
            let is_again = this.syn.is_some_and(|(seq, _)| seq == it.seq)
                && this.has_answered == it.ack.is_some();
            if is_again
                && this.state == Some(State::Established)
                && let Some((frame, _)) = this.unproven.take()
            {
                moves.retracted[me] = Some(frame);
                this.acked = None;
                this.has_syn = it.ack.is_some();
                this.is_deaf = true;
            }
            this.has_answered |= it.ack.is_some();
            if it.ack.is_some() {
                if this.syn.is_none() && !this.is_old {
                    moves.listened = other_syn.map(|(_, frame)| frame);
                }
                this.has_syn = true;
            } else if this.syn.is_none() {
                // Had it received the other's SYN, it would have answered it.
                this.has_syn = false;
            }
            this.syn = Some((it.seq, it.frame));
        } else if let (Some((syn, _)), true) = (this.syn, this.is_deaf) {
            this.is_deaf = false;
            this.has_syn = true;
            this.acked = Some(syn + 1);
            this.has_fin = other_fin.is_some_and(|fin| it.ack.is_some_and(|ack| !ack.before(fin)));
        } else if this.syn.is_none() {
            this.is_old = true;
        }
        let is_fin_again = it.fin && this.fin.is_some();
        if it.fin && this.fin.is_none() {
            this.fin = Some(it.seq + it.len + 1);
            let has_seen = other_fin.is_some_and(|fin| it.ack.is_some_and(|ack| !ack.before(fin)));
            this.is_second = has_seen;
            if other_fin.is_some() && !has_seen {
                this.has_fin = false;
                if let Some((frame, Some(_))) = this.unproven.take() {
                    moves.retracted[me] = Some(frame);
                }
            }
        }
        if is_fin_again {
            self.fin_was_lost(me, you, moves);
        }
    }

    /// Who sends its FIN again has not heard that it arrived: rather, it did not.
    fn fin_was_lost(&mut self, me: usize, you: usize, moves: &mut Moves) {
        let sender = &self.ends[me];
        let is_acked = |fin: SeqNumber| sender.acked.is_some_and(|acked| !acked.before(fin));
        if sender.fin.is_none_or(is_acked) {
            return;
        }
        let receiver = &mut self.ends[you];
        let thought = matches!(
            receiver.state,
            Some(State::CloseWait | State::Closing | State::TimeWait)
        );
        let Some((frame, _)) = receiver.unproven.take_if(|_| thought) else {
            return;
        };
        receiver.has_fin = false;
        let state = self.state(you);
        self.ends[you].state = state;
        match state {
            Some(State::FinWait2) => moves.corrected[you] = Some((frame, State::FinWait2)),
            _ => moves.retracted[you] = Some(frame),
        }
    }

    fn receive(&mut self, me: usize, you: usize, it: &Segment) {
        let has_fin = self.ends[me].fin.is_some();
        let has_syn = self.ends[me].syn.is_some();
        let is_old = self.ends[me].is_old;
        let this = &mut self.ends[you];
        if it.rst {
            // Whoever never sent anything had nothing to close.
            this.is_reset = this.syn.is_some() || this.is_old;
            return;
        }
        if this.is_deaf {
            return;
        }
        this.has_syn |= has_syn;
        this.has_fin |= has_fin;
        if is_old && this.syn.is_none() && it.ack.is_some() {
            this.is_old = true;
        }
        if let Some(ack) = it.ack
            && this.acked.is_none_or(|acked| ack.after(acked))
        {
            this.acked = Some(ack);
        }
    }

    fn state(&self, end: usize) -> Option<State> {
        let this = &self.ends[end];
        if this.is_reset {
            return Some(State::Closed);
        }
        let acked = |number: SeqNumber| this.acked.is_some_and(|acked| !acked.before(number));
        let is_open = match this.syn {
            Some((syn, _)) => acked(syn + 1),
            None if this.is_old => true,
            None => return None,
        };
        if !is_open {
            return Some(if this.has_syn {
                State::SynRcvd
            } else {
                State::SynSent
            });
        }
        Some(match (this.fin, this.has_fin) {
            (None, false) => State::Established,
            (None, true) => State::CloseWait,
            (Some(fin), _) if this.is_second => {
                if acked(fin) {
                    State::Closed
                } else {
                    State::LastAck
                }
            }
            (Some(fin), false) => {
                if acked(fin) {
                    State::FinWait2
                } else {
                    State::FinWait1
                }
            }
            (Some(fin), true) => {
                if acked(fin) {
                    State::TimeWait
                } else {
                    State::Closing
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who sends which flags, sequence and acknowledgment number, and the states after it.
    type Step = (usize, &'static str, u32, u32, [&'static str; 2]);

    fn play(steps: &[Step]) -> Vec<Moves> {
        let mut machine = Machine::default();
        let mut all = Vec::new();
        for (at, (from, flags, seq, ack, states)) in steps.iter().enumerate() {
            let moves = machine.observe(Segment {
                frame: at as u64 + 1,
                from: *from,
                seq: SeqNumber(*seq),
                ack: flags.contains('.').then_some(SeqNumber(*ack)),
                syn: flags.contains('S'),
                fin: flags.contains('F'),
                rst: flags.contains('R'),
                len: if flags.contains('P') { 10 } else { 0 },
            });
            let now = [0, 1].map(|end| machine.ends[end].state.map_or("?", State::as_str));
            assert_eq!(now, *states, "after {flags} {at}");
            all.push(moves);
        }
        all
    }

    #[test]
    fn a_chat_from_syn_to_time_wait() {
        let moves = play(&[
            (0, "S", 100, 0, ["SYN_SENT", "?"]),
            (1, "S.", 500, 101, ["ESTABLISHED", "SYN_RCVD"]),
            (0, ".", 101, 501, ["ESTABLISHED", "ESTABLISHED"]),
            (1, "P.", 501, 101, ["ESTABLISHED", "ESTABLISHED"]),
            (0, "F.", 101, 511, ["FIN_WAIT_1", "CLOSE_WAIT"]),
            (1, ".", 511, 102, ["FIN_WAIT_2", "CLOSE_WAIT"]),
            (1, "F.", 511, 102, ["TIME_WAIT", "LAST_ACK"]),
            (0, ".", 102, 512, ["TIME_WAIT", "CLOSED"]),
        ]);
        assert_eq!(moves[1].listened, Some(1));
        assert_eq!(moves[2].proven, [Some(2), None]);
        assert_eq!(moves[3].proven, [None, Some(3)]);
        assert_eq!(moves[5].proven, [None, Some(5)]);
        assert_eq!(moves[7].proven, [Some(7), None]);
        assert!(moves.iter().all(|it| it.retracted == [None, None]));
    }

    #[test]
    fn a_teardown_in_three_segments() {
        play(&[
            (0, "S", 100, 0, ["SYN_SENT", "?"]),
            (1, "S.", 500, 101, ["ESTABLISHED", "SYN_RCVD"]),
            (0, ".", 101, 501, ["ESTABLISHED", "ESTABLISHED"]),
            (0, "F.", 101, 501, ["FIN_WAIT_1", "CLOSE_WAIT"]),
            (1, "F.", 501, 102, ["TIME_WAIT", "LAST_ACK"]),
            (0, ".", 102, 502, ["TIME_WAIT", "CLOSED"]),
        ]);
    }

    #[test]
    fn both_open_and_both_close_at_once() {
        let moves = play(&[
            (0, "S", 100, 0, ["SYN_SENT", "?"]),
            (1, "S", 500, 0, ["SYN_RCVD", "SYN_SENT"]),
            (0, "S.", 100, 501, ["SYN_RCVD", "ESTABLISHED"]),
            (1, "S.", 500, 101, ["ESTABLISHED", "ESTABLISHED"]),
            (0, "F.", 101, 501, ["FIN_WAIT_1", "CLOSE_WAIT"]),
            (1, "F.", 501, 101, ["CLOSING", "FIN_WAIT_1"]),
            (0, ".", 102, 502, ["CLOSING", "TIME_WAIT"]),
            (1, ".", 502, 102, ["TIME_WAIT", "TIME_WAIT"]),
        ]);
        assert_eq!(moves[2].listened, None);
        assert_eq!(moves[5].retracted, [None, Some(5)]);
    }

    #[test]
    fn who_sends_its_fin_again_was_not_heard() {
        let open = [
            (0, "S", 100, 0, ["SYN_SENT", "?"]),
            (1, "S.", 500, 101, ["ESTABLISHED", "SYN_RCVD"]),
            (0, ".", 101, 501, ["ESTABLISHED", "ESTABLISHED"]),
            (0, "F.", 101, 501, ["FIN_WAIT_1", "CLOSE_WAIT"]),
        ];
        let mut steps = open.to_vec();
        steps.extend([
            (0, "F.", 101, 501, ["FIN_WAIT_1", "CLOSE_WAIT"]),
            (1, ".", 501, 102, ["FIN_WAIT_2", "CLOSE_WAIT"]),
        ]);
        let moves = play(&steps);
        assert_eq!(moves[4].retracted, [None, Some(4)]);
        assert_eq!(moves[4].to, [None, Some(State::CloseWait)]);
        assert_eq!(moves[5].proven, [None, Some(5)]);

        // Meanwhile the other side's FIN came and was acknowledged.
        let mut steps = open.to_vec();
        steps.extend([
            (1, "F.", 501, 101, ["CLOSING", "FIN_WAIT_1"]),
            (0, ".", 102, 502, ["CLOSING", "TIME_WAIT"]),
            (0, "F.", 101, 502, ["CLOSING", "TIME_WAIT"]),
            (1, ".", 502, 102, ["TIME_WAIT", "TIME_WAIT"]),
        ]);
        let moves = play(&steps);
        assert_eq!(moves[6].corrected, [None, Some((6, State::FinWait2))]);
        assert_eq!(moves[6].to, [None, Some(State::TimeWait)]);
        assert_eq!(moves[7].proven, [None, Some(7)]);
    }

    #[test]
    fn who_sends_its_syn_again_has_not_heard_the_answer() {
        let moves = play(&[
            (0, "S", 100, 0, ["SYN_SENT", "?"]),
            (1, "S.", 500, 101, ["ESTABLISHED", "SYN_RCVD"]),
            (0, "S", 100, 0, ["SYN_SENT", "SYN_RCVD"]),
            (1, "S.", 500, 101, ["SYN_SENT", "SYN_RCVD"]),
            (0, ".", 101, 501, ["ESTABLISHED", "ESTABLISHED"]),
        ]);
        assert_eq!(moves[2].retracted, [Some(2), None]);
        let moves = play(&[
            (0, "S", 100, 0, ["SYN_SENT", "?"]),
            (1, "S.", 500, 101, ["ESTABLISHED", "SYN_RCVD"]),
            (0, ".", 101, 501, ["ESTABLISHED", "ESTABLISHED"]),
            (1, "S.", 500, 101, ["ESTABLISHED", "SYN_RCVD"]),
            (0, ".", 101, 501, ["ESTABLISHED", "SYN_RCVD"]),
            (0, "F.", 101, 501, ["FIN_WAIT_1", "SYN_RCVD"]),
            // At last something arrived.
            (1, ".", 501, 102, ["FIN_WAIT_2", "CLOSE_WAIT"]),
        ]);
        assert_eq!(moves[3].retracted, [None, Some(3)]);
    }

    #[test]
    fn refused_reset_and_begun_before_the_capture() {
        play(&[
            (0, "S", 100, 0, ["SYN_SENT", "?"]),
            (1, "R.", 0, 101, ["CLOSED", "CLOSED"]),
        ]);
        play(&[
            (1, "P.", 500, 100, ["ESTABLISHED", "ESTABLISHED"]),
            (0, "R.", 100, 510, ["CLOSED", "CLOSED"]),
        ]);
    }

    #[test]
    fn sockets_used_again_begin_anew() {
        play(&[
            (0, "S", 100, 0, ["SYN_SENT", "?"]),
            (1, "R.", 0, 101, ["CLOSED", "CLOSED"]),
            (0, "S", 900, 0, ["SYN_SENT", "?"]),
        ]);
    }
}
