//! What happens in a connection.

use super::{
    super::{
        item::{Item, Leave, Outcome, Refused, Said, Then, What},
        reader::{GOODBYE, MAX_WAITING},
        talk::GREETING,
        tell::Tell,
    },
    Talks, characters, kept,
};
use crate::track::{
    event::{
        Conversation, HandshakeVerdict, Resent, Step, TcpHandshake, TcpMessage, TcpOddity,
        TcpOddityName, TcpRecord, TcpStep, TcpTeardown,
    },
    flow::Side,
};

impl Talks {
    pub(super) fn on_step(&mut self, it: &TcpStep, tell: &mut Tell<'_>) {
        let Some(talk) = self.open.get_mut(&tell.of) else {
            return;
        };
        match it.step {
            Step::Syn { .. } | Step::SynAck { .. } => {
                talk.price.handshake += 1;
                talk.hears_from(it.from);
            }
            Step::Fin => {
                tell.silence_before(talk, Then::Leaving);
                let leave = talk.leave(it.from);
                let is_first = talk.closes(it.from, tell.frame);
                tell.item(What::Closed {
                    by: it.from,
                    is_first,
                    leave: if is_first { leave } else { Leave::Fine },
                });
                if let Some(readers) = &mut talk.readers {
                    let mut reads = Vec::new();
                    readers.of_mut(it.from).closes(tell.frame);
                    // Nothing but an empty read can come of it: whatever waited is still waiting.
                    readers.of_mut(it.from.other()).ends(&mut reads);
                    tell.reads(tell.behind, reads);
                }
                self.queue.leaves(it.conn, &it.flow);
            }
        }
    }

    pub(super) fn on_handshake(&mut self, it: &TcpHandshake, ending: bool, tell: &mut Tell<'_>) {
        let Some(talk) = self.open.get_mut(&tell.of) else {
            return;
        };
        match it.verdict {
            HandshakeVerdict::Complete | HandshakeVerdict::SimultaneousOpen => {
                talk.opens(tell.at, it.ack_frame);
                if it.verdict == HandshakeVerdict::Complete {
                    talk.awaits_accept = true;
                    self.queue.connects(tell.at, it.conn, it.flow);
                }
            }
            HandshakeVerdict::Refused => talk.price.handshake += 1,
            HandshakeVerdict::NotSeen => talk.open_since = Some(tell.at),
            _ => {}
        }
        tell.item(What::Attempt {
            handshake: Box::new(it.clone()),
            ending,
        });
    }

    pub(super) fn on_tcp_message(&mut self, it: &TcpMessage, tell: &mut Tell<'_>) {
        let content = self.kept_words(&it.content);
        let Some(talk) = self.open.get_mut(&tell.of) else {
            return;
        };
        let is_first = !*talk.spoken.of(it.from);
        let greets = !talk.spoken.orig;
        let text = it.content.text();
        let ends_chat = it.from == Side::Orig && text == Some(GOODBYE);
        talk.is_chat |= it.from == Side::Resp && is_first && text == Some(GREETING);
        talk.said_goodbye |= ends_chat;
        let began = self.segments.first_at(&it.frames).unwrap_or(tell.at);
        let ended = self.segments.last_at(&it.frames).unwrap_or(tell.at);
        let accepts = it.from == Side::Resp && std::mem::take(&mut talk.awaits_accept);
        let queued = accepts
            .then(|| self.queue.greets(began, it.conn, &it.flow, greets))
            .flatten();
        if let Some(silence) = talk.silence_before_words(began) {
            let first = it.frames.first().copied().unwrap_or(tell.behind);
            tell.item_at(began, first, What::Silence(silence));
        }
        let thought = talk.speaks(it.from, (began, ended), &it.frames);
        let said = What::Said(Said {
            from: it.from,
            len: it.len,
            characters: characters(&it.content, it.cut),
            content,
            cut: it.cut,
            missing: it.missing,
            frames: it.frames.to_vec(),
            began,
            ended,
            refused: None,
            accepts,
            thought,
            queued,
            // Out of turn it is read glued to other words, and ends nothing.
            ends_chat: ends_chat && talk.is_chat && thought.is_some(),
        });
        let last = it.frames.last().copied().unwrap_or(tell.behind);
        let is_late = talk.fins.of(it.from.other()).is_some_and(|fin| last > fin);
        let told = tell.items.len();
        tell.item_at(ended, last, said);
        self.read(it, text, tell);
        if is_late && let Some(talk) = self.open.get_mut(&tell.of) {
            talk.awaits_reset = tell.items.split_off(told);
        }
    }

    /// What came after the other side had closed has met an RST by now, or is heard.
    pub(super) fn tell_refused(&mut self, of: Conversation, told: &mut Vec<Item>) {
        let Some(talk) = self.open.get_mut(&of) else {
            return;
        };
        let mut items = std::mem::take(&mut talk.awaits_reset);
        let Some(item) = items.first_mut() else {
            return;
        };
        if let What::Said(said) = &mut item.what
            && let Some(fin) = *talk.fins.of(said.from.other())
        {
            let heard = said.frames.partition_point(|frame| *frame < fin);
            let (heard, late) = said.frames.split_at(heard);
            let ends = (
                item.flow.endpoint(said.from.other()),
                item.flow.endpoint(said.from),
            );
            let reset = self
                .segments
                .reset_after(*late.first().unwrap_or(&fin), ends);
            said.refused = reset.map(|reset| Refused {
                bytes: self.segments.carried(late).min(said.len),
                reset,
            });
            if let (Some(_), Some(last)) = (reset, heard.last()) {
                item.at = self.segments.last_at(heard).unwrap_or(item.at);
                item.frame = Some(*last);
                item.behind = *last;
            }
        }
        told.append(&mut items);
    }

    /// What the programs at both ends make of a message.
    fn read(&mut self, it: &TcpMessage, text: Option<&str>, tell: &mut Tell<'_>) {
        let Some(talk) = self.open.get_mut(&tell.of) else {
            return;
        };
        let fin = *talk.fins.of(it.from.other());
        let Some(readers) = talk.readers.as_mut() else {
            return;
        };
        self.waiting -= kept(readers);
        let mut reads = Vec::new();
        // Who speaks has sent, and reads what had come by then; only then the other is given this.
        readers.of_mut(it.from).speaks(text, &mut reads);
        for read in reads.drain(..) {
            let first = it.frames.first().copied();
            // Nothing is read only once nothing more can come.
            let fin = fin.filter(|_| read.outcome == Outcome::Empty);
            tell.reads(first.max(fin).unwrap_or(tell.behind), vec![read]);
        }
        let bytes = it.content.bytes();
        let is_full = self.waiting + kept(readers) + bytes.len() > MAX_WAITING;
        let reader = readers.of_mut(it.from.other());
        if is_full {
            reader.give_up();
        } else {
            let pieces = self.segments.cut(bytes, &it.frames, tell.at);
            reader.arrives(pieces, it.cut == 0 && it.missing == 0, &mut reads);
        }
        self.waiting += kept(readers);
        tell.reads(0, reads);
    }

    pub(super) fn on_oddity(&mut self, it: &TcpOddity, of: Conversation) {
        let Some(talk) = self.open.get_mut(&of) else {
            return;
        };
        match it.name {
            // A SYN sent again was counted as a step of the handshake.
            TcpOddityName::Retransmission {
                what: Resent::Syn, ..
            } => talk.hears_from(it.from),
            TcpOddityName::Retransmission { .. } => talk.sends_again(it.from),
            TcpOddityName::SpuriousRetransmission { .. } => {
                talk.hears_from(it.from);
                talk.price.again += 1;
            }
            _ => talk.hears_from(it.from),
        }
    }

    pub(super) fn on_teardown(&mut self, it: &TcpTeardown, tell: &mut Tell<'_>) {
        let Some(talk) = self.open.get_mut(&tell.of) else {
            return;
        };
        if let Some(by) = it.reset_by {
            tell.silence_before(talk, Then::Leaving);
            let had_left = talk.left.orig || talk.left.resp;
            let leave = if had_left {
                Leave::Fine
            } else {
                talk.leave(by)
            };
            tell.item(What::Reset { by, leave });
            if let Some(readers) = &mut talk.readers {
                self.waiting -= kept(readers);
                readers.orig.give_up();
                readers.resp.give_up();
            }
        }
        talk.is_torn_down(it);
        self.queue.leaves(it.conn, &it.flow);
    }

    pub(super) fn on_tcp_closed(&mut self, it: &TcpRecord, tell: &mut Tell<'_>) {
        self.queue.leaves(it.conn, &it.flow);
        let Some(talk) = self.open.remove(&tell.of) else {
            return;
        };
        if let Some((who, tries)) = talk.vanished() {
            tell.item(What::Vanished { who, tries });
        } else if talk.is_open()
            && let Some(silence) = talk.silence(tell.at, Then::End)
        {
            tell.item(What::Silence(silence));
        }
        if let Some(readers) = &talk.readers {
            self.waiting -= kept(readers);
            for by in [Side::Orig, Side::Resp] {
                let bytes = readers.of(by).waits() as u64;
                if bytes > 0 {
                    tell.item(What::Unread { by, bytes });
                }
            }
        }
        let price = talk.tcp_price(it);
        self.totals.tcp.add(&price);
        self.keep(price);
    }
}
