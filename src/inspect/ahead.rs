//! Reading ahead: on two threads one reads a source, the other follows what the frames have to do with each other,
//! and reads too while there is none to follow.
//! What can be told of each frame for itself is looked at by whichever has the time; what is noted of hosts, by who
//! reads. Who reads what is live does nothing else. What is read, and in which order it is followed, is the same on
//! one.

use std::{
    io, mem,
    ops::ControlFlow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver, TryRecvError},
    },
    thread,
    time::Duration,
};

use crate::{
    capture::{Batch, Error, Source, Then},
    track::{Book, Briefs, KeyHash, Note},
};

use super::{captured, tally::Tally, turns::Turns};

/// At most this many loads wait to be followed. Further ones gain little, and take room: whoever is slower stays
/// behind.
const WAITING: usize = 2;

/// The same while much is told: three threads take turns on what are often two cores, so that each waits longer.
const WAITING_TO_BE_TOLD: usize = 6;

/// Who follows reads nothing itself while so many notes of its own wait to be entered.
const MOST_NOTES: usize = 1024;

/// So often who follows lets others run and looks for the next load, before it sleeps. That takes longer than to read
/// one, and not much longer than to be woken.
const PATIENCE: usize = 1000;

/// So often who reads lets others run and looks for room: while loads of big frames are followed. Not where much is
/// told: as long as it looks, the system takes it to be busy and leaves the two others on one processor.
const LOOKS: usize = 200;

/// So often it then takes a nap, while others are. To be woken would take time from who follows.
const NAPS: usize = 40;
const NAP: Duration = Duration::from_micros(150);

/// How to read.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// With more than one the source is read ahead, if the system has a thread left.
    pub threads: usize,
    /// The source has frames when it has them, and not as soon as it is asked.
    pub live: bool,
    /// Much is told of what is followed, by a thread of its own.
    pub tells_much: bool,
    /// Plain frames are told in brief, with this.
    pub briefs: Option<KeyHash>,
    /// Checksums are verified with that.
    pub verify: bool,
    /// What the frames show of hosts is noted by who follows them, and entered here.
    pub book: Option<Arc<Mutex<Book>>>,
}

/// Frames that were read together, and what can be told of each without knowing the others.
pub(super) struct Load {
    pub batch: Batch,
    briefs: Briefs,
    /// What the frames showed of hosts, noted by who followed them.
    pub notes: Vec<Note>,
    /// What is counted of all frames up to the last of these.
    pub tally: Tally,
    /// What follows the frames.
    pub then: Result<Then, Error>,
    /// How many were begun before it.
    pub number: u64,
    /// Its bytes were read ahead of their turn.
    pub is_claimed: bool,
    /// It was read by who follows it.
    is_own: bool,
    is_looked_at: bool,
}

impl Task {
    /// At most so many loads wait to be followed.
    const fn waiting(&self) -> usize {
        if self.tells_much {
            WAITING_TO_BE_TOLD
        } else {
            WAITING
        }
    }
}

impl Default for Load {
    fn default() -> Self {
        Self {
            batch: Batch::default(),
            briefs: Briefs::default(),
            notes: Vec::new(),
            tally: Tally::default(),
            then: Ok(Then::More),
            number: 0,
            is_claimed: false,
            is_own: false,
            is_looked_at: false,
        }
    }
}

impl Load {
    /// The frames in brief, in order, where they are plain and that was asked for.
    pub(super) fn briefs(&self) -> &Briefs {
        &self.briefs
    }

    /// Takes what the source has next, and counts on.
    pub(super) fn fill(&mut self, source: &mut dyn Source, tally: &mut Tally) {
        self.then = source.fill(&mut self.batch);
        tally.add(self.batch.frames().map(|placed| placed.frame()));
        self.tally.clone_from(tally);
        self.is_looked_at = false;
    }

    /// Enters what was noted of hosts.
    fn enter_notes(&mut self, task: &Task) {
        if let Some(book) = &task.book {
            let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
            for note in self.notes.drain(..) {
                book.enter(&note);
            }
        }
    }

    /// Looks at each frame for itself, unless that was done.
    fn look(&mut self, task: &Task) {
        if self.is_looked_at {
            return;
        }
        self.is_looked_at = true;
        let Some(hash) = &task.briefs else {
            self.briefs.replace_by_unknown(self.batch.len());
            return;
        };
        let frames = self.batch.frames().map(|placed| {
            let frame = placed.frame();
            (captured(&frame), frame.at)
        });
        self.briefs.replace(frames, task.verify, hash);
    }

    fn is_last(&self) -> bool {
        !matches!(self.then, Ok(Then::More | Then::Idle(_)))
    }
}

/// Reads a source load by load and has each followed, until its end or until that breaks off.
pub(super) fn each_load(
    source: &mut dyn Source,
    task: &Task,
    mut follow: impl FnMut(&mut Load) -> io::Result<ControlFlow<()>>,
) -> io::Result<()> {
    if task.threads > 1
        && let Some(result) = on_two_threads(source, task, &mut follow)
    {
        return result;
    }
    on_one_thread(source, task, follow)
}

fn on_one_thread(
    source: &mut dyn Source,
    task: &Task,
    mut follow: impl FnMut(&mut Load) -> io::Result<ControlFlow<()>>,
) -> io::Result<()> {
    let (mut load, mut tally) = (Load::default(), Tally::default());
    loop {
        load.fill(source, &mut tally);
        load.look(task);
        let is_last = load.is_last();
        let went = follow(&mut load)?;
        load.enter_notes(task);
        if went.is_break() || is_last {
            return Ok(());
        }
    }
}

/// `None` when there is no other thread to be had; then nothing was read.
fn on_two_threads(
    source: &mut dyn Source,
    task: &Task,
    mut follow: impl FnMut(&mut Load) -> io::Result<ControlFlow<()>>,
) -> Option<io::Result<()>> {
    let stop = source.stop().cloned();
    let (to_follow, filled) = mpsc::channel();
    let (to_fill, followed) = mpsc::channel::<Load>();
    let (go_on, may_go_on) = mpsc::sync_channel(1);
    // How many loads the other thread has before it.
    let ahead = AtomicUsize::new(0);
    let ahead = &ahead;
    let turns = &Turns::of(source);
    thread::scope(|scope| {
        let reader = thread::Builder::new().name("reading ahead".to_owned());
        reader
            .spawn_scoped(scope, move || {
                loop {
                    let mut load = followed.try_recv().unwrap_or_default();
                    load.enter_notes(task);
                    if !turns.fill(&mut load) {
                        break;
                    }
                    let before = ahead.fetch_add(1, Ordering::SeqCst);
                    // Else the other has nothing to do but this. What is live is not kept waiting for it.
                    if (load.is_claimed || before > 0) && !task.live {
                        load.look(task);
                    }
                    let is_last = load.is_last();
                    // Nobody takes it: it was broken off.
                    if to_follow.send(load).is_err() || is_last {
                        break;
                    }
                    if !wait_for_room(ahead, &may_go_on, task) {
                        break;
                    }
                }
                drop(to_follow);
                for mut load in followed {
                    load.enter_notes(task);
                }
            })
            .ok()?;
        let mut incoming = Incoming::new(filled, turns, task);
        let mut result = Ok(());
        while let Some(mut load) = incoming.next() {
            load.look(task);
            let is_last = load.is_last();
            let went = follow(&mut load);
            if let Some(load) = incoming.take_back(load) {
                if ahead.fetch_sub(1, Ordering::SeqCst) == task.waiting() {
                    // When there is a call already, that is enough.
                    let _ = go_on.try_send(());
                }
                // There is nobody to take it only when the other thread has failed.
                let _ = to_fill.send(load);
            }
            match went {
                Ok(ControlFlow::Continue(())) if is_last => break,
                Ok(ControlFlow::Continue(())) => continue,
                Ok(ControlFlow::Break(())) => {}
                Err(error) => result = Err(error),
            }
            // The other thread may be waiting for something that nobody will follow.
            if let Some(stop) = &stop {
                stop.request();
            }
            break;
        }
        let _ = to_fill.send(incoming.last_notes());
        drop((go_on, to_fill));
        Some(result)
    })
}

/// Waits until another load may wait to be followed; false when nobody will follow it. Of a file it waits awake at
/// first, then in naps, at last until it is woken.
fn wait_for_room(ahead: &AtomicUsize, may_go_on: &Receiver<()>, task: &Task) -> bool {
    let is_room = || ahead.load(Ordering::SeqCst) < task.waiting();
    let looks = if task.tells_much { 0 } else { LOOKS };
    let tries = if task.live { 0 } else { looks + NAPS };
    for tried in 0..tries {
        if is_room() {
            return true;
        }
        if tried < looks {
            thread::yield_now();
        } else {
            thread::sleep(NAP);
        }
    }
    // A call may be an old one.
    while !is_room() {
        if may_go_on.recv().is_err() {
            return false;
        }
    }
    true
}

/// The loads to follow, in order: those that the other thread reads, and one that is read here while there is none.
struct Incoming<'a> {
    filled: Receiver<Load>,
    turns: &'a Turns<'a>,
    task: &'a Task,
    /// The number of the load to follow next.
    next: u64,
    /// Filled and not followed; or room for the next to be read here.
    own: Load,
    is_own_filled: bool,
    /// What was noted with the last one read here. It is entered by the other thread, after what came before.
    own_notes: Vec<Note>,
    came_soon: bool,
}

impl<'a> Incoming<'a> {
    fn new(filled: Receiver<Load>, turns: &'a Turns<'a>, task: &'a Task) -> Self {
        Self {
            filled,
            turns,
            task,
            next: 0,
            own: Load::default(),
            is_own_filled: false,
            own_notes: Vec::new(),
            came_soon: true,
        }
    }

    /// The next load; `None` when there will be none. Of a file it is waited for awake, if the one before came soon.
    fn next(&mut self) -> Option<Load> {
        let is_patient = self.came_soon && !self.task.live;
        let mut tries = if is_patient { PATIENCE } else { 1 };
        loop {
            if self.is_own_filled && self.own.number == self.next {
                self.is_own_filled = false;
                self.next += 1;
                return Some(mem::take(&mut self.own));
            }
            // Only the other thread has what comes next.
            self.came_soon = tries > 0;
            let received = if self.came_soon {
                self.filled.try_recv()
            } else {
                let received = self.filled.recv();
                received.map_err(|_| TryRecvError::Disconnected)
            };
            match received {
                Ok(load) => {
                    self.next = load.number + 1;
                    return Some(load);
                }
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => {}
            }
            if !self.read_one() {
                thread::yield_now();
                tries -= 1;
            }
        }
    }

    /// Gives back a load that the other thread has read; one's own is kept.
    fn take_back(&mut self, mut load: Load) -> Option<Load> {
        if load.is_own {
            self.own_notes.append(&mut load.notes);
            self.own = load;
            return None;
        }
        if !self.own_notes.is_empty() {
            self.own_notes.append(&mut load.notes);
            mem::swap(&mut self.own_notes, &mut load.notes);
        }
        Some(load)
    }

    /// What is to be entered at the end.
    fn last_notes(self) -> Load {
        Load {
            notes: self.own_notes,
            ..Load::default()
        }
    }

    /// Reads one here, if there is none and it can be had.
    fn read_one(&mut self) -> bool {
        let may = !self.is_own_filled && self.own_notes.len() < MOST_NOTES && !self.task.live;
        if !may || !self.turns.fill_claimed(&mut self.own) {
            return false;
        }
        self.own.look(self.task);
        self.own.is_own = true;
        self.is_own_filled = true;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Ending, Next};

    const LOADS: usize = 100;

    /// Counts what was read of it.
    struct Counted<'a>(&'a AtomicUsize);

    impl Source for Counted<'_> {
        fn next(&mut self) -> Result<Next<'_>, Error> {
            Ok(Next::End)
        }

        fn fill(&mut self, batch: &mut Batch) -> Result<Then, Error> {
            batch.clear();
            match self.0.fetch_add(1, Ordering::SeqCst) + 1 {
                LOADS => Ok(Then::End),
                _ => Ok(Then::More),
            }
        }

        fn ending(&mut self) -> Ending {
            Ending::default()
        }
    }

    #[test]
    fn no_more_is_read_than_may_wait() {
        for (pause, tells_much) in [(0, false), (10_000, false), (0, true), (10_000, true)] {
            let task = Task {
                threads: 2,
                live: false,
                tells_much,
                briefs: None,
                verify: false,
                book: None,
            };
            let read = AtomicUsize::new(0);
            let mut followed = 0;
            each_load(&mut Counted(&read), &task, |_| {
                for _ in 0..pause {
                    thread::yield_now();
                }
                let ahead = read.load(Ordering::SeqCst) - followed;
                let waiting = task.waiting();
                assert!(ahead <= waiting + 1, "{ahead} of {waiting}");
                followed += 1;
                Ok(ControlFlow::Continue(()))
            })
            .expect("nothing is written");
            assert_eq!(followed, LOADS);
        }
    }
}
