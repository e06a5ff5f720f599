//! Telling: what happened is told to the report. On several threads one of its own tells it, while the next frames
//! are followed. What is told, and in which order, is the same on one.

use std::{
    io, iter, mem, panic,
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, Sender, SyncSender, TryRecvError},
    },
    thread::{self, Scope, ScopedJoinHandle},
    time::Duration,
};

use crate::{
    report::{Opened, Report, Totals, choice::Choice},
    time::Timestamp,
    track::event::{Event, Sheet},
};

/// At most so many events are handed to another thread at once; else those of the frames that were read together. To
/// wake a thread takes as long as to tell some events.
const BATCH: usize = 1024;

/// At most so many are told together on the thread that follows the frames: they stay in its cache.
const TOGETHER: usize = 64;

/// At most this many messages wait to be told. Further ones gain nothing: whoever is slower stays behind.
const WAITING: usize = 6;

/// So often who tells what a file holds takes a nap before it sleeps. To be woken would take time from who follows.
const NAPS: usize = 20;
const NAP: Duration = Duration::from_micros(150);

/// A report, in the hands of whoever tells it.
pub(super) type Held<'report> = Mutex<&'report mut dyn Report>;

/// Tells a report.
pub(super) enum Teller<'scope, 'report> {
    /// On the thread that follows the frames.
    Here(MutexGuard<'scope, &'report mut dyn Report>),
    /// On a thread of its own.
    Beside(Beside<'scope, 'report>),
}

/// A thread that tells a report.
pub(super) struct Beside<'scope, 'report> {
    report: &'scope Held<'report>,
    to_tell: Option<SyncSender<Message>>,
    /// What was told is freed where it was made, and one for each that is new: that is what allocators are good at.
    told: Receiver<(Vec<Event>, Sheet)>,
    spent: (Vec<Event>, Sheet),
    thread: Option<ScopedJoinHandle<'scope, io::Result<()>>>,
}

enum Message {
    Opened(Opened),
    Events(Vec<Event>, Sheet),
    Idle(Timestamp),
    Flush,
}

impl<'scope, 'report: 'scope> Teller<'scope, 'report> {
    /// Tells on the thread that calls.
    pub(super) fn here(report: &'scope Held<'report>) -> Self {
        Self::Here(hold(report))
    }

    /// Tells on a thread of its own, if the system has one left.
    pub(super) fn beside(
        report: &'scope Held<'report>,
        scope: &'scope Scope<'scope, '_>,
        live: bool,
    ) -> Self {
        let (to_tell, messages) = mpsc::sync_channel(WAITING);
        let (give_back, told) = mpsc::channel();
        let builder = thread::Builder::new().name("telling".to_owned());
        let spawned = builder.spawn_scoped(scope, move || {
            let naps = if live { 0 } else { NAPS };
            let messages = iter::from_fn(|| next_message(&messages, naps));
            tell(&mut **hold(report), messages, &give_back)
        });
        match spawned {
            Ok(thread) => Self::Beside(Beside {
                report,
                to_tell: Some(to_tell),
                told,
                spent: (Vec::new(), Sheet::default()),
                thread: Some(thread),
            }),
            Err(_) => Self::here(report),
        }
    }

    /// How many events should have come together before they are told, where they are told together.
    pub(super) const fn batch(&self) -> usize {
        match self {
            Self::Here(_) => TOGETHER,
            Self::Beside(_) => BATCH,
        }
    }

    /// So many events have come together: as many of those told may go.
    #[inline]
    pub(super) fn let_go(&mut self, events: usize) {
        if let Self::Beside(it) = self {
            it.spent.0.truncate(BATCH.saturating_sub(events));
        }
    }

    /// The source is open.
    pub(super) fn opened(&mut self, opened: Opened) -> io::Result<()> {
        match self {
            Self::Here(report) => report.opened(&opened),
            Self::Beside(it) => it.hand(Message::Opened(opened)),
        }
    }

    /// Tells what is chosen of events, whose sheet this is, and leaves room for the next. On a thread of its own
    /// everything is.
    pub(super) fn events(
        &mut self,
        events: &mut Vec<Event>,
        sheet: &mut Sheet,
        choice: &mut Choice,
    ) -> io::Result<()> {
        match self {
            Self::Here(report) if choice.is_everything() => {
                sheet.tell(events, |event| report.event(event))?;
                events.clear();
                Ok(())
            }
            Self::Here(report) => events
                .drain(..)
                .try_for_each(|event| choice.choose(event, &mut |event| report.event(event))),
            Self::Beside(it) => {
                let told = it.told.try_recv().unwrap_or_default();
                let (mut events_room, sheet_room) = mem::replace(&mut it.spent, told);
                events_room.clear();
                let events = mem::replace(events, events_room);
                it.hand(Message::Events(events, mem::replace(sheet, sheet_room)))
            }
        }
    }

    /// Time passes without a frame.
    pub(super) fn idle(&mut self, now: Timestamp) -> io::Result<()> {
        match self {
            Self::Here(report) => report.idle(now),
            Self::Beside(it) => it.hand(Message::Idle(now)),
        }
    }

    /// The reader is to have all that was told.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Here(report) => report.flush(),
            Self::Beside(it) => it.hand(Message::Flush),
        }
    }

    /// The source has ended: tells that as the last, when all else was told.
    pub(super) fn closed(&mut self, totals: &Totals) -> io::Result<()> {
        let close = |report: &mut dyn Report| {
            report.closed(totals)?;
            report.flush()
        };
        match self {
            Self::Here(report) => close(&mut ***report),
            Self::Beside(it) => {
                it.end()?;
                close(&mut **hold(it.report))
            }
        }
    }

    /// The report, where it is told here. Only here can it be told of a frame's bytes.
    pub(super) fn report(&mut self) -> Option<&mut dyn Report> {
        match self {
            Self::Here(report) => Some(&mut ***report),
            Self::Beside(_) => None,
        }
    }
}

impl Beside<'_, '_> {
    fn hand(&mut self, message: Message) -> io::Result<()> {
        let is_taken = self
            .to_tell
            .as_ref()
            .is_some_and(|to| to.send(message).is_ok());
        if is_taken { Ok(()) } else { self.end() }
    }

    /// Waits until all was told, or tells why it was not.
    fn end(&mut self) -> io::Result<()> {
        self.to_tell = None;
        let ended = self.thread.take().map(ScopedJoinHandle::join);
        ended.map_or(Ok(()), |ended| {
            ended.unwrap_or_else(|it| panic::resume_unwind(it))
        })
    }
}

/// Tells messages, in order, until no more can come or one cannot be told.
fn tell(
    report: &mut dyn Report,
    messages: impl Iterator<Item = Message>,
    give_back: &Sender<(Vec<Event>, Sheet)>,
) -> io::Result<()> {
    for message in messages {
        match message {
            Message::Opened(opened) => report.opened(&opened)?,
            Message::Events(mut events, mut sheet) => {
                sheet.tell(&mut events, |event| report.event(event))?;
                // After the last ones nobody is there to take them.
                let _ = give_back.send((events, sheet));
            }
            Message::Idle(now) => report.idle(now)?,
            Message::Flush => report.flush()?,
        }
    }
    Ok(())
}

/// The next message; `None` when there will be none.
fn next_message(messages: &Receiver<Message>, naps: usize) -> Option<Message> {
    for _ in 0..naps {
        match messages.try_recv() {
            Ok(message) => return Some(message),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => thread::sleep(NAP),
        }
    }
    messages.recv().ok()
}

/// Takes a report into this thread's hands.
pub(super) fn hold<'scope, 'report>(
    report: &'scope Held<'report>,
) -> MutexGuard<'scope, &'report mut dyn Report> {
    // Whoever else held it has panicked, and ends the program with that.
    report.lock().unwrap_or_else(PoisonError::into_inner)
}
