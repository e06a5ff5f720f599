//! Which hardware address an IP address has, by what was said: who told it, to whom, and who contradicts.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{
    decode::MacAddr,
    track::{
        bounded::Bounded,
        event::{AddressConflict, Binding, Kind, Oddity, Resolution},
        route::{Address, Lan, are_apart},
        seen::Seen,
    },
};

/// Further conflicts about one address are counted, not told.
const MAX_CONFLICTS_TOLD: u32 = 10;

/// At most this many conflicts wait for the next frame.
const MAX_DISPUTES: usize = 16;

/// At most this many addresses are listed for one hardware address.
const MAX_OWNED: usize = 16;

/// What was learnt.
#[derive(Debug)]
pub struct Memory {
    bindings: Bounded<(Lan, Address), Learnt>,
    /// What the owner of a hardware address was told, and in which frame.
    told: Bounded<(Lan, MacAddr, Address), Told>,
    /// The addresses that a hardware address was told to have.
    owners: Bounded<(Lan, MacAddr), Vec<IpAddr>>,
    /// Conflicts of which it is not known yet whom the others believe.
    disputes: Vec<Dispute>,
}

#[derive(Clone, Copy, Debug)]
struct Learnt {
    mac: MacAddr,
    frame: u64,
    conflicts: u32,
    /// An answer to somebody's question told it.
    answered: bool,
    /// The first frame that told it to everyone, unasked.
    announced: Option<u64>,
}

/// The hardware address told last, and the one before it: after a conflict frames may go to either.
#[derive(Clone, Copy, Debug)]
struct Told {
    last: (MacAddr, u64),
    before: Option<(MacAddr, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Dispute {
    lan: Lan,
    ip: IpAddr,
    new_mac: MacAddr,
    frame: u64,
}

impl Memory {
    /// Nothing known; at most `max_hosts` addresses will be.
    pub fn new(max_hosts: usize) -> Self {
        Self {
            bindings: Bounded::new(max_hosts),
            told: Bounded::new(max_hosts),
            owners: Bounded::new(max_hosts),
            disputes: Vec::new(),
        }
    }

    /// The owner of a hardware address was told of an address, in a frame.
    pub fn tell(&mut self, lan: Lan, learner: MacAddr, told: Binding, frame: u64) {
        let key = (lan, learner, Address(told.ip));
        let before = match self.told.get(&key) {
            Some(known) if known.last.0 == told.mac => known.before,
            known => known.map(|known| known.last),
        };
        let last = (told.mac, frame);
        self.told.insert(key, Told { last, before });
    }

    /// A question was answered a second time: that counts where it says something else.
    pub fn tell_again(&mut self, lan: Lan, learner: MacAddr, told: Binding, frame: u64) {
        let known = self.told.get(&(lan, learner, Address(told.ip)));
        if known.is_none_or(|known| known.last.0 != told.mac) {
            self.tell(lan, learner, told, frame);
        }
    }

    /// Everyone was told of an address, unasked, in a frame.
    pub fn announce(&mut self, lan: Lan, told: Binding, frame: u64) {
        if let Some(learnt) = self.bindings.get_mut(&(lan, Address(told.ip)))
            && learnt.mac == told.mac
        {
            learnt.announced.get_or_insert(frame);
        }
    }

    /// Somebody's question was answered. Who answers for several addresses may just have several; it answers in
    /// place of others (RFC 1027) if another had the address before, or if it lies in another subnet.
    pub fn on_answer(
        &mut self,
        lan: Lan,
        binding: Binding,
        asker: IpAddr,
        nets: &[IpNet],
        seen: &mut Seen<'_>,
    ) {
        let Binding { ip, mac } = binding;
        let is_foreign = match self.bindings.get_mut(&(lan, Address(ip))) {
            Some(learnt) if learnt.mac == mac && !learnt.answered => {
                learnt.answered = true;
                learnt.conflicts > 0 || are_apart(ip, asker, nets)
            }
            _ => return,
        };
        let is_answered = |other: &&IpAddr| {
            let known = self.bindings.get(&(lan, Address(**other)));
            **other != ip
                && known.is_some_and(|it| it.answered)
                && (is_foreign || are_apart(ip, **other, nets))
        };
        if let Some(other) = self.owned_by(lan, mac).iter().find(is_answered) {
            seen.tell(&[], || {
                Kind::Oddity(Oddity::ProxyArp {
                    binding: Binding { ip, mac },
                    other: *other,
                })
            });
        }
    }

    /// An address was said to be at a hardware address. Returns whether that contradicts what was
    /// known.
    pub fn learn(
        &mut self,
        lan: Lan,
        by: Resolution,
        binding: Binding,
        seen: &mut Seen<'_>,
    ) -> bool {
        let Binding { ip, mac } = binding;
        if ip.is_unspecified() || mac == MacAddr::ZERO || mac.is_multicast() {
            return false;
        }
        let known = self.bindings.get(&(lan, Address(ip))).copied();
        let conflicts = known.map_or(0, |known| known.conflicts);
        match known {
            Some(known) if known.mac == mac => return false,
            Some(known) => {
                if conflicts < MAX_CONFLICTS_TOLD {
                    seen.tell(&[known.frame], || {
                        Kind::AddressConflict(AddressConflict {
                            by,
                            ip,
                            old_mac: known.mac,
                            new_mac: mac,
                        })
                    });
                }
                if self.disputes.len() < MAX_DISPUTES {
                    self.disputes
                        .retain(|dispute| (dispute.lan, dispute.ip) != (lan, ip));
                    self.disputes.push(Dispute {
                        lan,
                        ip,
                        new_mac: mac,
                        frame: seen.number(),
                    });
                }
                if let Some(owned) = self.owners.get_mut(&(lan, known.mac)) {
                    owned.retain(|owned| *owned != ip);
                }
            }
            None => {}
        }
        self.bindings.insert(
            (lan, Address(ip)),
            Learnt {
                mac,
                frame: seen.number(),
                conflicts: conflicts + u32::from(known.is_some()),
                answered: false,
                announced: None,
            },
        );
        match self.owners.get_mut(&(lan, mac)) {
            Some(owned) if owned.len() < MAX_OWNED => owned.push(ip),
            Some(_) => {}
            None => self.owners.insert((lan, mac), vec![ip]),
        }
        known.is_some()
    }

    /// Whether a conflict waits for a frame that shows whom the others believe.
    #[inline]
    pub fn is_disputed_now(&self) -> bool {
        !self.disputes.is_empty()
    }

    /// A frame for an address went to a hardware address. After a conflict, it shows whom its sender
    /// believes.
    pub fn on_frame_to(&mut self, lan: Lan, ip: IpAddr, mac: MacAddr, seen: &mut Seen<'_>) {
        let Some(at) = self
            .disputes
            .iter()
            .position(|dispute| (dispute.lan, dispute.ip) == (lan, ip))
        else {
            return;
        };
        let dispute = self.disputes.remove(at);
        seen.tell(&[dispute.frame], || {
            Kind::Oddity(Oddity::ConflictSettled {
                binding: Binding { ip, mac },
                is_new: mac == dispute.new_mac,
            })
        });
    }

    /// The hardware address that is known for an address, and the frame that told it.
    pub fn binding(&self, lan: Lan, ip: IpAddr) -> Option<(MacAddr, u64)> {
        self.bindings
            .get(&(lan, Address(ip)))
            .map(|learnt| (learnt.mac, learnt.frame))
    }

    /// Whether more than one hardware address claimed an address.
    pub fn is_disputed(&self, lan: Lan, ip: IpAddr) -> bool {
        self.bindings
            .get(&(lan, Address(ip)))
            .is_some_and(|learnt| learnt.conflicts > 0)
    }

    /// The frame that told the owner of one hardware address about another's address. Who was told of the
    /// address before believes what everyone is told of it (RFC 826, "merge").
    pub fn frame_that_told(
        &self,
        lan: Lan,
        learner: MacAddr,
        ip: IpAddr,
        mac: MacAddr,
    ) -> Option<u64> {
        let told = self.told.get(&(lan, learner, Address(ip)))?;
        let learnt = self.bindings.get(&(lan, Address(ip)));
        let announced = learnt.and_then(|learnt| Some((learnt.mac, learnt.announced?)));
        let all = [Some(told.last), announced, told.before];
        let mut all = all.into_iter().flatten();
        all.find(|(told, _)| *told == mac).map(|(_, frame)| frame)
    }

    /// The addresses that a hardware address was told to have.
    pub fn owned_by(&self, lan: Lan, mac: MacAddr) -> &[IpAddr] {
        self.owners.get(&(lan, mac)).map_or(&[], Vec::as_slice)
    }

    /// Addresses let go because the table was full.
    pub fn evicted(&self) -> u64 {
        self.bindings.evicted()
    }
}
