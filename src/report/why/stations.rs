//! Whose frames for one host pass the place where the capture is made: behind a switch only its own.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
};

use super::sight::Sight;
use crate::decode::MacAddr;

/// At most so many hardware addresses are remembered.
const MOST: usize = 16_384;

/// The hardware addresses between which frames for one host passed.
#[derive(Debug, Default)]
pub(super) struct Stations {
    /// Each with the IP address that it sends for; `None` for several.
    known: HashMap<MacAddr, Option<IpAddr>>,
    /// Those that took part in every frame so far; `None` before the first.
    always: Option<HashSet<MacAddr>>,
}

impl Stations {
    /// Takes note of a frame.
    pub fn saw(&mut self, sight: &Sight) {
        let (Some(src), Some(dst)) = (sight.source_mac, sight.destination_mac) else {
            return;
        };
        if dst.is_multicast() || self.known.len() >= MOST {
            return;
        }
        let both = [src, dst];
        match &mut self.always {
            Some(always) => always.retain(|mac| both.contains(mac)),
            None => self.always = Some(both.into()),
        }
        if let Some((ip, _)) = sight.ends {
            let known = self.known.entry(src).or_insert(Some(ip));
            *known = known.filter(|known| *known == ip);
        }
    }

    /// Whether what is sent to this station alone does not pass here.
    pub fn is_bystander(&self, mac: MacAddr) -> bool {
        let Some(always) = &self.always else {
            return false;
        };
        // A gateway sends for many; the capture was made at its partner.
        let sends_for_many = |mac: &MacAddr| self.known.get(mac).is_some_and(Option::is_none);
        let is_partner = |other: &MacAddr| *other != mac && !sends_for_many(other);
        if always.contains(&mac) {
            sends_for_many(&mac) && always.iter().any(is_partner)
        } else {
            !always.is_empty() || !self.known.contains_key(&mac)
        }
    }
}
