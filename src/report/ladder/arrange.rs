//! From what was collected to lanes and rows.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    time::Duration,
};

use ipnet::IpNet;

use crate::{
    report::{
        style::Role,
        text,
        when::Clock,
        words::{Lang, ladder as words},
    },
    time::Timestamp,
};

use super::{
    Ending, Entry, Ladder,
    draft::{Draft, Of, short},
    layout::{Group, Label, Lane, Layout, Line, Mark, PieceKind, Row, Rung, Verdict},
    who::Who,
};

/// Silence as long as this is worth a row.
const SILENCE: Duration = Duration::from_millis(500);

/// Where a lane stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Subnet,
    Gateway,
    Beyond,
    Others,
}

impl Ladder {
    /// Lays out what was collected on at most `most_lanes` lanes (at least 2): should there be more hosts,
    /// those with the fewest arrows share the last lane.
    pub fn layout(&self, most_lanes: usize) -> Layout {
        let lanes = self.lanes(most_lanes.max(2));
        let index: HashMap<Who, usize> = lanes
            .iter()
            .enumerate()
            .filter_map(|(at, lane)| Some((lane.who?, at)))
            .collect();
        let others = lanes.iter().position(|lane| lane.who.is_none());
        let at = |who: Who| index.get(&who).copied().or(others).unwrap_or(0);
        let mut layout = Layout {
            title: self.picture_title(),
            groups: self.groups(&lanes),
            rows: self.rows(&lanes, &at),
            notes: Vec::new(),
            lanes: lanes.iter().map(|lane| lane.shown.clone()).collect(),
        };
        let named = lanes.iter().filter(|lane| lane.who.is_some()).count();
        let hidden = self.people_drawn().len() - named;
        layout.notes = self.notes(&layout, hidden);
        layout
    }

    fn picture_title(&self) -> String {
        let mut title = self.title.clone();
        let chosen = self
            .choice
            .iter()
            .flat_map(|it| [&it.conversations, &it.hosts]);
        for chosen in chosen.filter(|words| !words.is_empty()) {
            title.push_str(" · ");
            title.push_str(&text::escape(chosen));
        }
        title
    }

    fn arrows(&self) -> impl Iterator<Item = &Draft> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Arrow(draft) => Some(&**draft),
            Entry::Ending(_) => None,
        })
    }

    /// Everybody at an end of an arrow, in order of appearance, with the number of arrows.
    fn people_drawn(&self) -> Vec<(Who, u64)> {
        let mut found: Vec<(Who, u64)> = Vec::new();
        let mut index: HashMap<Who, usize> = HashMap::new();
        let ends = self.entries.iter().flat_map(|entry| match entry {
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

    fn lanes(&self, most: usize) -> Vec<Placed> {
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

    fn groups(&self, lanes: &[Placed]) -> Vec<Group> {
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
        format!("{} {net} {inferred}", words::THIS_SUBNET.of(lang))
            .trim_end()
            .to_owned()
    }

    fn rows(&self, lanes: &[Placed], at: &dyn Fn(Who) -> usize) -> Vec<Row> {
        let mut clock = Clock::new(self.options.time);
        if let Some(begin) = self.begin {
            clock.begin(begin);
        }
        let mut rows = Vec::new();
        let mut last = None;
        for entry in &self.entries {
            let now = match entry {
                Entry::Arrow(draft) => draft.at,
                Entry::Ending(ending) => ending.at,
            };
            if let Entry::Arrow(draft) = entry {
                let (from, to) = (at(draft.from), at(draft.to));
                let is_hidden =
                    from == to && lanes.get(from).is_some_and(|lane| lane.who.is_none());
                if is_hidden {
                    continue;
                }
            }
            if let Some(last) = last
                && now.since(last) >= SILENCE
            {
                let words = words::silence(now.since(last));
                rows.push(Row::Silence(words.text(self.options.lang)));
            }
            last = Some(last.map_or(now, |last: Timestamp| last.max(now)));
            rows.push(match entry {
                Entry::Arrow(draft) => Row::Rung(self.rung(draft, lanes, at, &mut clock)),
                Entry::Ending(ending) => Row::Verdict(verdict(ending, at)),
            });
        }
        rows
    }

    fn rung(
        &self,
        draft: &Draft,
        lanes: &[Placed],
        at: &dyn Fn(Who) -> usize,
        clock: &mut Clock,
    ) -> Rung {
        let mut time = Vec::new();
        clock.write(draft.at, &mut time);
        let marks = |list: &[(Who, super::State, bool)]| {
            let mark = |&(who, state, is_inferred): &(Who, super::State, bool)| Mark {
                lane: at(who),
                state,
                is_inferred,
            };
            list.iter().map(mark).collect()
        };
        let (from, to) = (at(draft.from), at(draft.to));
        let is_original = |it: &&Draft| {
            draft.copy_of == Some(it.frame) && it.count == 1 && it.bytes == draft.bytes
        };
        let original = draft.copy_of.and_then(|_| self.arrows().find(is_original));
        Rung {
            at: draft.at,
            time: String::from_utf8_lossy(&time).trim().to_owned(),
            frame: draft.frame,
            last_frame: draft.last_frame,
            count: draft.count,
            of: draft.of.name(),
            from,
            to,
            via: self
                .via(draft, lanes)
                .filter(|via| *via != from && *via != to),
            label: label(draft, original, self.options.lang),
            line: draft.line,
            role: match draft.of {
                Of::Arp | Of::Ndp if draft.role == Role::Plain => Role::Id,
                _ => draft.role,
            },
            copy_of: draft.copy_of,
            bracket: draft.bracket,
            before: marks(&draft.before),
            after: marks(&draft.after),
        }
    }

    /// The lane of the gateway that a packet passes.
    fn via(&self, draft: &Draft, lanes: &[Placed]) -> Option<usize> {
        let beyond = [draft.from, draft.to]
            .into_iter()
            .find_map(|who| match who {
                Who::Host(ip) => self.people.gateway_of(ip),
                _ => None,
            })?;
        lanes
            .iter()
            .position(|lane| lane.who == Some(Who::Host(beyond)))
    }

    fn notes(&self, layout: &Layout, hidden: usize) -> Vec<String> {
        let lang = self.options.lang;
        let mut notes = Vec::new();
        let is_inferred = |mark: &Mark| mark.is_inferred;
        if layout.rows.iter().any(|row| match row {
            Row::Rung(rung) => rung.before.iter().chain(&rung.after).any(is_inferred),
            _ => false,
        }) {
            notes.push(words::inferred_states().text(lang));
        }
        if self.folded_acks > 0 {
            notes.push(words::folded_acks(self.folded_acks).text(lang));
        }
        if self.not_drawn > 0 {
            notes.push(words::not_drawn(self.not_drawn).text(lang));
        }
        if hidden > 0 {
            notes.push(words::shared_lane(hidden as u64).text(lang));
        }
        if let Some(frames) = &self.options.frames {
            let (from, to) = (*frames.start(), *frames.end().min(&self.last_frame));
            notes.push(words::only_frames(from, to, self.last_frame).text(lang));
        }
        if let Some(from) = self.cut_at {
            let end = *self.window().end().min(&self.last_frame);
            let more = end.saturating_sub(from).saturating_add(1);
            let next = from.saturating_add(499).min(end);
            notes.push(words::cut(from, more, next).text(lang));
        }
        notes
    }
}

/// A lane and where it stands.
#[derive(Debug)]
struct Placed {
    /// Whose it is; nobody's where several share it.
    who: Option<Who>,
    place: Place,
    shown: Lane,
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

fn verdict(ending: &Ending, at: &dyn Fn(Who) -> usize) -> Verdict {
    let [one, other] = ending.between.map(at);
    Verdict {
        of: ending.of.name(),
        lanes: [one.min(other), one.max(other)],
        role: ending.role,
        sign: match ending.role {
            Role::Good => '✔',
            Role::Bad => '✘',
            _ => '●',
        },
        text: ending.text.clone(),
    }
}

/// Everything that an arrow says.
fn label(draft: &Draft, original: Option<&Draft>, lang: Lang) -> Label {
    let mut label = Label::default();
    let is_dropped_piece = draft.line != Line::Piece && draft.of == Of::Fragment;
    if !is_dropped_piece {
        label.pieces.extend(draft.label.pieces.iter().cloned());
    }
    // A datagram that was made whole is what its last piece says.
    if draft.bracket.is_some() && draft.said.is_some() {
        label.pieces.clear();
    }
    if let Some(tries) = draft.tries {
        label.word(Role::Odd, words::try_number(tries).text(lang));
    }
    let is_run = draft.count > 1;
    // A copy says what the original said.
    let said = original.and_then(|original| original.said.as_ref());
    if let Some((said, is_text)) = draft.said.as_ref().or(said) {
        let kind = if *is_text {
            PieceKind::Said
        } else {
            PieceKind::Bytes
        };
        label.push(kind, draft.voice, said.as_str());
    }
    match draft.bytes {
        Some(bytes) if is_run => {
            label.word(Role::Quiet, words::more_segments(draft.count).text(lang));
            label.word(Role::Quiet, words::bytes(bytes).text(lang));
        }
        Some(bytes) => {
            label.word(Role::Quiet, words::bytes(bytes).text(lang));
        }
        None => {}
    }
    if let Some((bytes, frames)) = draft.part_of.filter(|_| !is_run) {
        label.extra(match draft.bracket {
            Some(_) => words::in_pieces(frames).text(lang),
            None => words::in_segments(bytes, frames).text(lang),
        });
    }
    if let Some(original) = draft.copy_of {
        label.word(Role::Odd, words::copy_of(&[original][..]).text(lang));
    }
    for (kind, role, remark) in &draft.remarks {
        label.push(*kind, *role, remark.as_str());
    }
    if is_run && draft.bytes.is_none() {
        label.word(Role::Odd, format!("×{}", draft.count));
    }
    if !draft.copied_in.is_empty() {
        let words = words::copied_in(&draft.copied_in).text(lang);
        label.push(PieceKind::Extra, Role::Odd, words);
    }
    if let Some(ack) = draft.acked_in {
        label.extra(words::acked_in(&[ack][..]).text(lang));
    }
    if let Some(port) = draft.port {
        label.extra(words::to_port(port).text(lang));
    }
    if label.pieces.is_empty() {
        label.word(Role::Quiet, words::EMPTY.of(lang));
    }
    label
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
