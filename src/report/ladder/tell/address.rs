//! Questions for addresses, and their answers.

use std::net::IpAddr;

use super::super::{
    Entry, Ladder,
    draft::{Draft, Of},
    layout::{Line, PieceKind},
    who::Who,
};
use crate::{
    report::{
        style::Role,
        words::{ladder as words, story},
    },
    track::event::{Event, Kind, Resolution},
};

impl Ladder {
    /// Takes note of an event about an address.
    pub(super) fn tell_address(&mut self, event: &Event) {
        let lang = self.options.lang;
        match &event.kind {
            Kind::AddressAsked(it) => {
                let to = if it.broadcast {
                    Who::Everyone
                } else {
                    Who::Host(it.ip)
                };
                self.people.learn(it.asked_by.ip, it.asked_by.mac);
                if let Some(draft) = self.address(event, it.by, Who::Host(it.asked_by.ip), to) {
                    draft.asks(it.ip, it.asked_by.ip, false, lang);
                }
                if let Some(draft) = self.of_event(event).filter(|_| it.tries > 1) {
                    draft.tries = Some(it.tries);
                }
            }
            Kind::AddressResolved(it) => {
                self.people.learn(it.binding.ip, it.binding.mac);
                let [from, to] = [it.binding.ip, it.asked_by.ip].map(Who::Host);
                if let Some(draft) = self.address(event, it.by, from, to) {
                    draft.answers(it.binding.ip, it.asked_by.ip, it.binding.mac, lang);
                }
            }
            Kind::AddressAnnounced(it) => {
                let by = resolution(it.ip);
                if let Some(draft) = self.address(event, by, Who::Host(it.ip), Who::Everyone) {
                    draft.answers(it.ip, it.ip, it.mac, lang);
                    draft
                        .label
                        .push(PieceKind::Remark, Role::Quiet, words::UNASKED.of(lang));
                }
            }
            Kind::AddressProbe(it) => {
                let by = resolution(it.ip);
                if let Some(draft) = self.address(event, by, Who::Station(it.mac), Who::Everyone) {
                    draft.asks(it.ip, it.ip, true, lang);
                }
            }
            Kind::AddressUnanswered(it) => {
                let between = [Who::Host(it.asked_by.ip), Who::Everyone];
                let ending = event.ending.then(story::before_the_end);
                // The last question may have been answered after the end; a question before it was not.
                let why = (!event.ending || it.tries > 1).then(words::absent);
                let told = self.say(&words::nobody_has(it.tries, &ending, it.ip, &why));
                self.end(event, of(it.by), between, Role::Bad, told);
            }
            Kind::AddressConflict(it) => {
                self.people.claim(it.ip, it.new_mac);
                if let Some(draft) = self.of_event(event) {
                    draft.role = Role::Bad;
                    draft.from = Who::Claimant(it.ip, it.new_mac);
                }
                let between = [Who::Host(it.ip), Who::Claimant(it.ip, it.new_mac)];
                let told = self.say(&words::conflict(it.new_mac, it.ip, it.old_mac));
                self.end(event, of(it.by), between, Role::Bad, told);
            }
            _ => {}
        }
    }

    /// A new arrow for a question or an answer whose frame was not chosen itself but is what something
    /// chosen follows from; `None` where the frame has its arrow.
    fn address(&mut self, event: &Event, by: Resolution, from: Who, to: Who) -> Option<&mut Draft> {
        let frame = event.frame?;
        if self.arrow(frame).is_some() || !self.has_place(frame) {
            return None;
        }
        let mut draft = Draft::new(frame, event.at, of(by), from, to);
        draft.line = Line::Thin;
        let at = self.entries.partition_point(|entry| entry.frame() <= frame);
        self.entries.insert(at, Entry::Arrow(Box::new(draft)));
        self.arrow(frame)
    }
}

fn of(by: Resolution) -> Of {
    match by {
        Resolution::Arp => Of::Arp,
        Resolution::Neighbor => Of::Ndp,
    }
}

fn resolution(ip: IpAddr) -> Resolution {
    if ip.is_ipv4() {
        Resolution::Arp
    } else {
        Resolution::Neighbor
    }
}
