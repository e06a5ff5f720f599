//! Who has a rail, where it stands, and what it is called.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
};

use ipnet::IpNet;

use super::super::{
    Entry, Ladder,
    draft::short,
    layout::{Group, Lane},
    who::Who,
};
use crate::report::{text, words::ladder as words};

/// Where a lane stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Subnet,
    Gateway,
    Beyond,
    Others,
}

/// A lane and where it stands.
#[derive(Debug)]
pub struct Placed {
    /// Whose it is; nobody's where several share it.
    pub who: Option<Who>,
    place: Place,
    pub shown: Lane,
}

impl Ladder {
    /// Everybody at an end of an arrow, in order of appearance, with the number of arrows.
    pub(super) fn people_drawn(&self) -> Vec<(Who, u64)> {
        let mut found: Vec<(Who, u64)> = Vec::new();
        let mut index: HashMap<Who, usize> = HashMap::new();
        let ends = self.entries.iter().flat_map(|entry| match entry {
            // Who is answered stands before who answers, also where the question came later.
            Entry::Arrow(draft) if draft.is_syn_ack() => [draft.to, draft.from],
            Entry::Arrow(draft) => [draft.from, draft.to],
            Entry::Ending(ending) => ending.between,
        });
        for who in ends {
            let at = *index.entry(who).or_insert_with(|| {
                found.push((who, 0));
                found.len() - 1
            });
            if let Some(entry) = found.get_mut(at) {
                entry.1 += 1;
            }
        }
        found
    }

    pub(super) fn lanes(&self, most: usize) -> Vec<Placed> {
        let lang = self.options.lang;
        let mut people = self.people_drawn();
        let gateways: HashSet<IpAddr> = people
            .iter()
            .filter_map(|(who, _)| match who {
                Who::Host(ip) => self.people.gateway_of(*ip),
                _ => None,
            })
            .collect();
        let mut rest = 0;
        if people.len() > most {
            let mut busiest: Vec<u64> = people.iter().map(|(_, arrows)| *arrows).collect();
            busiest.sort_unstable_by(|a, b| b.cmp(a));
            let least = busiest.get(most - 1).copied().unwrap_or(0);
            let all = people.len();
            let mut room = most - 1;
            let above = busiest.iter().filter(|arrows| **arrows > least).count();
            let mut equal = room.saturating_sub(above);
            people.retain(|(_, arrows)| {
                let keeps = *arrows > least || (*arrows == least && equal > 0);
                if *arrows == least && equal > 0 {
                    equal -= 1;
                }
                let keeps = keeps && room > 0;
                room -= usize::from(keeps);
                keeps
            });
            rest = all - people.len();
        }
        let mut lanes: Vec<Placed> = people
            .into_iter()
            .map(|(who, _)| Placed {
                who: Some(who),
                place: self.place(who, &gateways),
                shown: self.lane(who),
            })
            .collect();
        // Stable: within a group whoever appeared first stands first, but everyone before all.
        lanes.sort_by_key(|lane| (lane.place, lane.who != Some(Who::Everyone)));
        stand_beside(&mut lanes);
        if rest > 0 {
            lanes.push(Placed {
                who: None,
                place: Place::Others,
                shown: Lane {
                    name: None,
                    address: format!("{} ({rest})", words::OTHERS.of(lang)),
                    short: words::OTHERS.of(lang).into(),
                    remark: None,
                    is_many: true,
                },
            });
        }
        shorten(&mut lanes);
        lanes
    }

    fn place(&self, who: Who, gateways: &HashSet<IpAddr>) -> Place {
        let Who::Host(ip) = who else {
            return Place::Subnet;
        };
        let nets = &self.options.nets;
        let same_kind = |net: &&IpNet| net.addr().is_ipv4() == ip.is_ipv4();
        let is_outside = nets.iter().any(|net| same_kind(&net))
            && !nets.iter().any(|net| net.contains(&ip))
            && !is_local(ip);
        if gateways.contains(&ip) {
            Place::Gateway
        } else if is_outside || self.people.gateway_of(ip).is_some() {
            Place::Beyond
        } else {
            Place::Subnet
        }
    }

    /// What somebody without a rail of its own is called.
    pub(super) fn called(&self, who: Who) -> String {
        let lane = self.lane(who);
        text::escape(&lane.name.unwrap_or(lane.address)).into_owned()
    }

    fn lane(&self, who: Who) -> Lane {
        let names = &self.options.names;
        let (name, address, remark) = match who {
            Who::Everyone => (None, words::EVERYONE.of(self.options.lang).to_owned(), None),
            Who::Host(ip) => (self.host_name(ip), ip.to_string(), None),
            Who::Socket(end) => {
                let name = names.socket(end).or(names.host(end.ip));
                (
                    name.map(|name| name.as_str().to_owned()),
                    end.to_string(),
                    None,
                )
            }
            Who::Claimant(ip, mac) => {
                let name = names.mac(mac).map(|name| name.as_str().to_owned());
                (name, ip.to_string(), Some(mac.to_string()))
            }
            Who::Station(mac) => {
                let name = names.mac(mac).map(|name| name.as_str().to_owned());
                (name, mac.to_string(), None)
            }
        };
        Lane {
            name,
            short: address.clone(),
            address,
            remark,
            is_many: who == Who::Everyone,
        }
    }

    /// A host's name, or those of its sockets.
    fn host_name(&self, ip: IpAddr) -> Option<String> {
        const MOST: usize = 3;
        let names = &self.options.names;
        if names.is_empty() {
            return None;
        }
        if let Some(name) = names.host(ip) {
            return Some(name.as_str().to_owned());
        }
        let mut found: Vec<&str> = Vec::new();
        let ends = self.arrows().filter_map(|draft| draft.flow);
        for end in ends.flat_map(|flow| [flow.orig, flow.resp]) {
            if end.ip == ip
                && let Some(name) = names.socket(end)
                && !found.contains(&name.as_str())
                && found.len() < MOST
            {
                found.push(name.as_str());
            }
        }
        (!found.is_empty()).then(|| found.join(", "))
    }

    pub(super) fn groups(&self, lanes: &[Placed]) -> Vec<Group> {
        let lang = self.options.lang;
        let mut groups: Vec<Group> = Vec::new();
        let mut last = None;
        for (at, lane) in lanes.iter().enumerate() {
            if last == Some(lane.place)
                && let Some(group) = groups.last_mut()
            {
                group.lanes.end = at + 1;
                continue;
            }
            last = Some(lane.place);
            groups.push(Group {
                title: match lane.place {
                    Place::Subnet => self.subnet_title(lanes),
                    Place::Gateway => words::GATEWAY.of(lang).into(),
                    Place::Beyond => words::BEYOND.of(lang).into(),
                    Place::Others => words::OTHERS.of(lang).into(),
                },
                lanes: at..at + 1,
            });
        }
        groups
    }

    fn subnet_title(&self, lanes: &[Placed]) -> String {
        let lang = self.options.lang;
        let members: Vec<Who> = lanes
            .iter()
            .filter(|lane| lane.place == Place::Subnet)
            .filter_map(|lane| lane.who)
            .collect();
        if !members.is_empty() && members.iter().all(|who| matches!(who, Who::Socket(_))) {
            return words::THIS_HOST.of(lang).into();
        }
        let ips: Vec<IpAddr> = members
            .iter()
            .filter_map(|who| match who {
                Who::Host(ip) if !is_local(*ip) => Some(*ip),
                _ => None,
            })
            .collect();
        let given = self.options.nets.iter();
        let given = given.filter(|net| ips.iter().any(|ip| net.contains(ip)));
        if let Some(net) = given.max_by_key(|net| net.prefix_len()) {
            return format!("{} {net}", words::THIS_SUBNET.of(lang));
        }
        let (net, is_known) = match (&self.net, usual_net(&ips)) {
            (Some((net, is_known)), _) => (net.clone(), *is_known),
            (None, Some(net)) if members.contains(&Who::Everyone) => (net, false),
            (None, _) if members.contains(&Who::Everyone) => {
                return words::THIS_SUBNET.of(lang).into();
            }
            (None, _) => return words::HOSTS.of(lang).into(),
        };
        let inferred = if is_known {
            ""
        } else {
            words::INFERRED.of(lang)
        };
        format!("{} {net}{inferred}", words::THIS_SUBNET.of(lang))
    }
}

/// Leaves out of the addresses what all hosts of the subnet share.
fn shorten(lanes: &mut [Placed]) {
    let hosts = || {
        let hosts = lanes.iter().filter(|lane| lane.place <= Place::Gateway);
        hosts.filter_map(|lane| match lane.who {
            Some(Who::Host(ip) | Who::Claimant(ip, _)) => Some(ip),
            _ => None,
        })
    };
    let Some(first) = hosts().find(|ip| !is_local(*ip)) else {
        return;
    };
    let shared: HashSet<IpAddr> = hosts()
        .filter(|ip| short(*ip, first).starts_with('.'))
        .collect();
    for lane in lanes {
        if let Some(Who::Host(ip) | Who::Claimant(ip, _)) = lane.who
            && shared.contains(&ip)
            && lane.place <= Place::Gateway
        {
            lane.shown.short = short(ip, first);
        }
    }
}

/// A second claimant stands beside the first.
fn stand_beside(lanes: &mut Vec<Placed>) {
    let claimants: Vec<Who> = lanes
        .iter()
        .filter_map(|lane| lane.who)
        .filter(|who| matches!(who, Who::Claimant(..)))
        .collect();
    for claimant in claimants {
        let Who::Claimant(ip, _) = claimant else {
            continue;
        };
        let from = lanes.iter().position(|lane| lane.who == Some(claimant));
        let Some(lane) = from.map(|from| lanes.remove(from)) else {
            continue;
        };
        let host = lanes
            .iter()
            .position(|lane| lane.who == Some(Who::Host(ip)));
        let to = host.map_or(lanes.len(), |host| host + 1);
        lanes.insert(to, lane);
    }
}

/// An address that belongs to no subnet: this host, or the link only.
fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_unspecified() || ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_unspecified() || ip.is_loopback() || ip.is_unicast_link_local(),
    }
}

/// The subnet of the usual size that holds all of them.
fn usual_net(ips: &[IpAddr]) -> Option<String> {
    let nets: HashSet<String> = ips
        .iter()
        .map(|ip| match ip {
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(ip) => {
                let net = u128::from_be_bytes(ip.octets()) >> 64 << 64;
                format!("{}/64", std::net::Ipv6Addr::from(net))
            }
        })
        .collect();
    let mut nets = nets.into_iter();
    nets.next().filter(|_| nets.next().is_none())
}
