//! A relay: two packet sockets, and what happens to a frame between them.
//!
//! Chance is drawn from a seed, a number per frame and direction, so that the same frames in the
//! same order have the same fate. ARP has safe conduct: a host that is not found is another story.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    io,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use pnet::datalink::{self, Channel, Config, DataLinkReceiver, DataLinkSender};

use super::super::Percent;

/// How late a frame is that is to come after its followers: longer than an answer takes, shorter
/// than TCP waits before it sends again.
const HELD_BACK: Duration = Duration::from_millis(15);

const ETHER_TYPE: std::ops::Range<usize> = 12..14;
const ARP: [u8; 2] = [0x08, 0x06];
const IPV4: [u8; 2] = [0x08, 0x00];
const PROTOCOL: usize = 23;
const TCP: u8 = 6;

/// What happens to the frames of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::lab) struct Way {
    /// How long it takes.
    pub(in crate::lab) delay: Duration,
    /// TCP does not come through at all.
    pub(in crate::lab) no_tcp: bool,
    /// What chance does to a frame.
    pub(in crate::lab) chance: Option<Chance>,
}

/// What chance does to a frame.
#[derive(Clone, Copy, Debug)]
pub(in crate::lab) struct Chance {
    /// How many are lost.
    pub(in crate::lab) loss: Percent,
    /// How many of the others come twice.
    pub(in crate::lab) dup: Percent,
    /// How many of the others come after their followers.
    pub(in crate::lab) reorder: Percent,
    /// Where the numbers begin.
    pub(in crate::lab) seed: u64,
}

/// Relays between two interfaces of the calling thread's namespace, until the process ends.
pub(super) fn start(near: &str, there: Way, far: &str, back: Way) -> io::Result<()> {
    let (near_sender, near_receiver) = channel(near)?;
    let (far_sender, far_receiver) = channel(far)?;
    run(near_receiver, far_sender, there)?;
    run(far_receiver, near_sender, back)
}

/// Splitmix64 (Steele, Lea and Flood, 2014): small, and good enough for fates.
pub(in crate::lab) struct Numbers(pub(in crate::lab) u64);

impl Numbers {
    /// The next one.
    pub(in crate::lab) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// When a frame leaves: never, once or twice. The same for each direction and the same numbers.
fn fate(frame: &[u8], way: Way, numbers: &mut Numbers) -> Vec<Duration> {
    let ether_type = frame.get(ETHER_TYPE).unwrap_or_default();
    if way.no_tcp && ether_type == IPV4 && frame.get(PROTOCOL) == Some(&TCP) {
        return Vec::new();
    }
    let Some(chance) = way.chance.filter(|_| ether_type != ARP) else {
        return vec![way.delay];
    };
    // Three numbers for each frame, whatever the first says.
    let [loss, dup, reorder] = [(); 3].map(|()| numbers.draw());
    if chance.loss.covers(loss) {
        Vec::new()
    } else if chance.dup.covers(dup) {
        vec![way.delay; 2]
    } else if chance.reorder.covers(reorder) {
        vec![way.delay + HELD_BACK]
    } else {
        vec![way.delay]
    }
}

fn channel(interface: &str) -> io::Result<(Box<dyn DataLinkSender>, Box<dyn DataLinkReceiver>)> {
    let found = datalink::interfaces()
        .into_iter()
        .find(|known| known.name == interface)
        .ok_or(io::ErrorKind::NotFound)?;
    match datalink::channel(&found, Config::default())? {
        Channel::Ethernet(sender, receiver) => Ok((sender, receiver)),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

fn run(
    mut receiver: Box<dyn DataLinkReceiver>,
    sender: Box<dyn DataLinkSender>,
    way: Way,
) -> io::Result<()> {
    let (queue, queued) = mpsc::channel();
    thread::Builder::new()
        .name("relay: in".into())
        .spawn(move || take(&mut *receiver, &queue, way))?;
    thread::Builder::new()
        .name("relay: out".into())
        .spawn(move || give(sender, &queued))?;
    Ok(())
}

/// Frames come in and get their fates. An error means that the interface is not up yet, or no more.
fn take(receiver: &mut dyn DataLinkReceiver, queue: &Sender<Due>, way: Way) {
    let mut numbers = Numbers(way.chance.map_or(0, |chance| chance.seed));
    let mut order = 0;
    loop {
        match receiver.next() {
            Ok(frame) => {
                let now = Instant::now();
                for delay in fate(frame, way, &mut numbers) {
                    order += 1;
                    let due = Due {
                        at: now + delay,
                        order,
                        frame: frame.to_vec(),
                    };
                    if queue.send(due).is_err() {
                        return;
                    }
                }
            }
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Frames go out when they are due.
fn give(mut sender: Box<dyn DataLinkSender>, queued: &Receiver<Due>) {
    let mut waiting: BinaryHeap<Reverse<Due>> = BinaryHeap::new();
    loop {
        let next = waiting.peek().map(|Reverse(due)| due.at);
        let came = match next {
            None => queued.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => queued.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        match came {
            Ok(due) => waiting.push(Reverse(due)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while waiting
            .peek()
            .is_some_and(|Reverse(due)| due.at <= Instant::now())
        {
            if let Some(Reverse(due)) = waiting.pop() {
                // What cannot be sent is lost, as on any wire.
                let _ = sender.send_to(&due.frame, None);
            }
        }
    }
}

/// A frame and when it leaves.
struct Due {
    at: Instant,
    order: u64,
    frame: Vec<u8>,
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANCE: Chance = Chance {
        loss: Percent::from_whole(10),
        dup: Percent::from_whole(5),
        reorder: Percent::from_whole(5),
        seed: 7,
    };

    fn frame(ether_type: [u8; 2], protocol: u8) -> Vec<u8> {
        let mut frame = vec![0; 60];
        frame[ETHER_TYPE].copy_from_slice(&ether_type);
        frame[PROTOCOL] = protocol;
        frame
    }

    fn fates(frame: &[u8], chance: Chance, count: usize) -> Vec<Vec<Duration>> {
        let way = Way {
            chance: Some(chance),
            ..Way::default()
        };
        let mut numbers = Numbers(chance.seed);
        (0..count).map(|_| fate(frame, way, &mut numbers)).collect()
    }

    #[test]
    fn chance_keeps_to_its_percentages_and_to_its_seed() {
        let tcp = frame(IPV4, TCP);
        let told = fates(&tcp, CHANCE, 20_000);
        let count = |times: usize| told.iter().filter(|fate| fate.len() == times).count();
        assert!((1800..2200).contains(&count(0)), "lost: {}", count(0));
        assert!((800..1000).contains(&count(2)), "twice: {}", count(2));
        let late = told.iter().filter(|fate| **fate == [HELD_BACK]).count();
        assert!((700..1000).contains(&late), "late: {late}");

        assert_eq!(told, fates(&tcp, CHANCE, 20_000), "the same seed");
        assert_ne!(told, fates(&tcp, Chance { seed: 8, ..CHANCE }, 20_000));
    }

    #[test]
    fn arp_is_spared_and_tcp_can_be_stopped() {
        let certain = Chance {
            loss: Percent::from_whole(100),
            ..CHANCE
        };
        assert_eq!(fates(&frame(ARP, TCP), certain, 1), [vec![Duration::ZERO]]);
        assert_eq!(fates(&frame(IPV4, TCP), certain, 1), [vec![]]);

        let closed = Way {
            no_tcp: true,
            ..Way::default()
        };
        let mut numbers = Numbers(0);
        assert!(fate(&frame(IPV4, TCP), closed, &mut numbers).is_empty());
        for passes in [frame(IPV4, 17), frame(ARP, TCP), Vec::new()] {
            assert_eq!(fate(&passes, closed, &mut numbers), [Duration::ZERO]);
        }
    }
}
