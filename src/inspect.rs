//! The corridor: next frame, decode, observe, report, until the end.

mod ahead;
mod tally;
mod teller;
mod turns;

use std::{
    io, mem,
    ops::ControlFlow,
    sync::Mutex,
    thread::{self, Scope},
    time::Duration,
};

use crate::{
    capture::{self, Frame, Source, Then, filter::Filter, write::Writer},
    decode::{Captured, Packet, Verdict},
    report::{Opened, Report, Totals, choice::Choice},
    time::Timestamp,
    track::{
        Checksums, Chunk, Config, Guess, Interest, NO_GUESSES, Tracker,
        event::{Conversation, Event, Sheet},
    },
};

use ahead::{Load, Task};
use tally::Tally;
use teller::{Held, Teller};

/// Live output is handed on at least this often, in capture time.
const FLUSH_EVERY: Duration = Duration::from_millis(100);

/// What to look at, and for how long.
#[derive(Default)]
pub struct Job {
    /// With more than one the source is read ahead by a thread of its own, and events are told by another where there
    /// are many and the frames themselves are not told; all else is the same.
    pub threads: usize,
    /// Frames that it refuses are counted and left alone.
    pub filter: Option<Filter>,
    /// Frames to look at; then the end has come.
    pub count: Option<u64>,
    /// Capture time to look at, from the first frame or tick on.
    pub duration: Option<Duration>,
    /// Where frames are written as they were captured.
    pub writer: Option<Writer>,
    /// Limits and subnets.
    pub tracking: Config,
    /// What is told; by default everything.
    pub choice: Choice,
}

/// How it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Something went wrong and was told; the report was finished nevertheless.
    pub troubled: bool,
    /// How many frames there were, unless the reader of the report went away before the end.
    pub frames: Option<u64>,
    /// Frames written, where they were to be written.
    pub written: Option<u64>,
    /// Conversations that were chosen and never appeared.
    pub missed: Vec<Conversation>,
}

/// Runs a source through to its end. `complain` is told what goes wrong on the way.
///
/// Fails only when the report cannot be written; a reader that has gone away is no failure.
pub fn inspect(
    source: &mut dyn Source,
    opened: Opened,
    report: &mut dyn Report,
    job: Job,
    complain: &mut dyn FnMut(&capture::Error),
) -> io::Result<Outcome> {
    let report = Mutex::new(report);
    thread::scope(|scope| {
        let mut corridor = Corridor::new(&report, scope, job, opened, complain);
        match corridor.run(source) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            ended => {
                let frames = ended.is_ok().then_some(corridor.totals.frames);
                Ok(Outcome {
                    frames,
                    ..corridor.leave()
                })
            }
        }
    })
}

/// What decoding has to know of a frame.
#[inline]
fn captured<'a>(frame: &Frame<'a>) -> Captured<'a> {
    Captured {
        link_type: frame.link_type,
        data: frame.data,
        original_len: frame.original_len,
    }
}

struct Corridor<'scope, 'report> {
    teller: Teller<'scope, 'report>,
    /// The report does.
    tells_packets: bool,
    /// Nobody else does, and the report is content with plain frames.
    takes_plain: bool,
    /// What the report will be told once the first frame has come.
    opened: Option<Opened>,
    task: Task,
    live: bool,
    tracker: Option<Tracker>,
    events: Vec<Event>,
    /// Theirs, once they are told; before that, room for the next.
    sheet: Sheet,
    /// How many should have come together before they are told.
    batch: usize,
    choice: Choice,
    /// Something is asked of each frame by what follows.
    is_picky: bool,
    filter: Option<Filter>,
    writer: Option<Writer>,
    count: Option<u64>,
    duration: Option<Duration>,
    until: Option<Timestamp>,
    flushed_at: Timestamp,
    /// What is counted of the frames that were seen.
    tally: Tally,
    totals: Totals,
    passed: u64,
    complain: &'scope mut dyn FnMut(&capture::Error),
    troubled: bool,
}

impl<'scope, 'report: 'scope> Corridor<'scope, 'report> {
    fn new(
        report: &'scope Held<'report>,
        scope: &'scope Scope<'scope, '_>,
        job: Job,
        opened: Opened,
        complain: &'scope mut dyn FnMut(&capture::Error),
    ) -> Self {
        let numbers_only = job.choice.needs_conversations().then_some(Interest {
            events: false,
            text: false,
            whole: false,
        });
        let (tells_packets, takes_plain, interest) = {
            let report = teller::hold(report);
            let is_alone = job.choice.is_everything() && report.interest().is_none();
            (
                report.wants_packets(),
                report.takes_plain() && is_alone,
                report.interest(),
            )
        };
        let wants_packets = tells_packets || !job.choice.is_everything();
        // Another thread is not worth its while where little is told.
        let tells_much = interest.is_some_and(|it| it.events || it.text);
        let is_gathered = !wants_packets && tells_much;
        let teller = if job.threads > 1 && is_gathered {
            Teller::beside(report, scope, opened.live)
        } else {
            Teller::here(report)
        };
        let checksums = job.tracking.checksums;
        let mut tracker = interest.or(numbers_only).map(|interest| {
            Tracker::new(Config {
                interest,
                ..job.tracking
            })
        });
        if let Some(tracker) = tracker.as_mut().filter(|_| is_gathered) {
            tracker.gather();
        }
        Self {
            batch: if is_gathered { teller.batch() } else { 1 },
            teller,
            tells_packets,
            takes_plain,
            live: opened.live,
            task: Task {
                threads: job.threads,
                live: opened.live,
                tells_much: is_gathered,
                briefs: tracker
                    .as_ref()
                    .filter(|_| !wants_packets)
                    .map(|tracker| tracker.key_hash().clone()),
                verify: tracker.is_some() && checksums == Checksums::Verify,
                book: tracker
                    .as_mut()
                    .filter(|_| job.threads > 1 && !opened.live)
                    .map(Tracker::put_off_hosts),
            },
            opened: Some(opened),
            tracker,
            events: Vec::new(),
            sheet: Sheet::default(),
            choice: job.choice,
            is_picky: job.filter.is_some()
                || job.writer.is_some()
                || job.count.is_some()
                || job.duration.is_some(),
            filter: job.filter,
            writer: job.writer,
            count: job.count,
            duration: job.duration,
            until: None,
            flushed_at: Timestamp::default(),
            tally: Tally::default(),
            totals: Totals::default(),
            passed: 0,
            complain,
            troubled: false,
        }
    }

    fn run(&mut self, source: &mut dyn Source) -> io::Result<()> {
        if !self.is_enough() {
            let task = self.task.clone();
            ahead::each_load(source, &task, |load| self.on_load(load))?;
        }
        self.open(None)?;
        while let Some(tracker) = &mut self.tracker
            && tracker.finish_some(&mut self.events)
        {
            self.tell_events()?;
        }
        self.tell_all_events()?;
        if let Some(tracker) = &mut self.tracker {
            self.totals.overview = tracker.overview();
        }
        mem::take(&mut self.tally).note(&mut self.totals);
        self.choice.narrow(&mut self.totals);
        self.totals.ending.add(source.ending());
        self.teller.closed(&self.totals)?;
        for trouble in mem::take(&mut self.totals.ending.troubles) {
            self.trouble(&trouble);
        }
        Ok(())
    }

    /// Frames, and what follows them. Breaks off when enough was seen.
    fn on_load(&mut self, load: &mut Load) -> io::Result<ControlFlow<()>> {
        self.totals.ending.add(mem::take(&mut load.batch.ending));
        if let Some(first) = load.batch.frames().next() {
            self.open(Some(first.at()))?;
        }
        let went = self.on_frames(load)?;
        if let Some(tracker) = &mut self.tracker {
            tracker.take_notes(&mut load.notes);
        }
        if went.is_break() {
            return Ok(went);
        }
        self.tell_all_events()?;
        if self.is_enough() {
            return Ok(ControlFlow::Break(()));
        }
        if self.live
            && let Some(latest) = self.tally.latest
            && latest.since(self.flushed_at) >= FLUSH_EVERY
        {
            self.flush(latest)?;
        }
        match mem::replace(&mut load.then, Ok(Then::End)) {
            Ok(Then::More | Then::End) => {}
            Ok(Then::Idle(now)) => {
                if self.is_past(now) {
                    return Ok(ControlFlow::Break(()));
                }
                // Times count from the first frame, so nothing is told before it.
                if self.opened.is_none() {
                    if let Some(tracker) = &mut self.tracker {
                        tracker.tick(now, &mut self.events);
                    }
                    self.tell_all_events()?;
                    self.teller.idle(now)?;
                    self.flush(now)?;
                }
            }
            Err(error) => {
                self.open(None)?;
                self.trouble(&error);
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The frames themselves, one after the other.
    fn on_frames(&mut self, load: &Load) -> io::Result<ControlFlow<()>> {
        let mut before = 0;
        for chunk in load.briefs().chunks() {
            let frame = |at: usize| load.batch.frame(before + at);
            let guesses = match &self.tracker {
                Some(tracker) => {
                    let data = |at| frame(at).map_or(&[][..], |placed| placed.data());
                    tracker.look_ahead(chunk, data)
                }
                None => NO_GUESSES,
            };
            let mut at = 0;
            while let (Some(brief), Some(placed)) = (chunk.from(at).first(), frame(at)) {
                let number = self.tally.frames + 1;
                let mut next = chunk.from(at);
                if self.is_picky {
                    if self.is_enough() || self.is_past(placed.at()) {
                        return Ok(ControlFlow::Break(()));
                    }
                    self.tally.add([placed.frame()]);
                    if !self.takes(placed.frame()) {
                        at += 1;
                        continue;
                    }
                    next = next.one();
                }
                let seen = if brief.is_some() {
                    let data = |on| frame(at + on).map_or(&[][..], |placed| placed.data());
                    self.on_briefs(number, next, guesses.get(at..), data)
                } else {
                    self.on_other(number, placed.frame())?;
                    1
                };
                if !self.is_picky {
                    self.tally.frames += seen as u64;
                }
                at += seen;
                if !self.events.is_empty() {
                    self.tell_events()?;
                }
            }
            before += at;
        }
        if !self.is_picky {
            self.tally.clone_from(&load.tally);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Tells the report, once, that the source is open and when its first frame was captured.
    fn open(&mut self, at: Option<Timestamp>) -> io::Result<()> {
        let Some(opened) = self.opened.take() else {
            return Ok(());
        };
        self.totals.first_at = at;
        self.teller.opened(Opened { at, ..opened })
    }

    /// As many frames were seen as were asked for.
    fn is_enough(&self) -> bool {
        self.count.is_some_and(|count| self.passed >= count)
    }

    /// Says what goes wrong.
    fn trouble(&mut self, error: &capture::Error) {
        self.troubled = true;
        (self.complain)(error);
    }

    /// Ends the writing.
    fn leave(mut self) -> Outcome {
        let mut written = None;
        if let Some(writer) = self.writer.take() {
            match writer.finish() {
                Ok(frames) => written = Some(frames),
                Err(error) => self.trouble(&error),
            }
        }
        Outcome {
            frames: None,
            troubled: self.troubled,
            written,
            missed: self.choice.missed(),
        }
    }

    /// The duration asked for is over. It begins with the first time that the source tells.
    fn is_past(&mut self, now: Timestamp) -> bool {
        let Some(duration) = self.duration else {
            return false;
        };
        now > *self.until.get_or_insert(now + duration)
    }

    /// Whether the filter lets a frame pass; then it is written, where frames are to be written.
    fn takes(&mut self, frame: Frame<'_>) -> bool {
        let passes = match &mut self.filter {
            Some(filter) => filter.matches(&frame),
            None => Ok(true),
        };
        let passes = passes.unwrap_or_else(|error| {
            // It cannot be asked of this link type, of which there may be many frames.
            self.count = Some(0);
            self.trouble(&error);
            false
        });
        if passes {
            self.passed += 1;
            self.write(&frame);
        } else {
            self.totals.filtered += 1;
        }
        passes
    }

    /// Plain frames, the first of which has this number. Returns how many of them were followed: at least one.
    fn on_briefs<'a>(
        &mut self,
        first: u64,
        chunk: Chunk<'_>,
        guesses: Option<&[Guess]>,
        data: impl Fn(usize) -> &'a [u8],
    ) -> usize {
        let guesses = guesses.unwrap_or_default();
        let seen = self.tracker.as_mut().map_or(1, |tracker| {
            let told = (self.batch, &mut self.events);
            tracker.observe_briefs(first, (chunk, guesses), data, told)
        });
        self.totals.decoded += seen as u64;
        seen
    }

    /// A frame that nothing is known of.
    #[inline]
    fn on_other(&mut self, number: u64, frame: Frame<'_>) -> io::Result<()> {
        if self.takes_plain
            && let Some(report) = self.teller.report()
            && let Some(plain) = captured(&frame).as_plain(false)
        {
            self.totals.decoded += 1;
            return report.plain(number, frame.at, &plain);
        }
        self.on_packet(number, frame)
    }

    #[inline(never)]
    fn on_packet(&mut self, number: u64, frame: Frame<'_>) -> io::Result<()> {
        // Read in place: it is a big value to move.
        let mut packet = Packet::unread(frame.data, frame.original_len);
        packet.read(frame.link_type);
        match packet.verdict() {
            Verdict::Decoded => self.totals.decoded += 1,
            Verdict::Malformed => self.totals.malformed += 1,
            Verdict::Unsupported => self.totals.unsupported += 1,
        }
        self.totals.cut += u64::from(packet.is_truncated());
        let of = self
            .tracker
            .as_mut()
            .and_then(|tracker| tracker.observe(number, frame.at, &packet, &mut self.events));
        if self.choice.is_chosen(number, &packet, of)
            && self.tells_packets
            && let Some(report) = self.teller.report()
        {
            self.choice
                .bring(&self.events, &mut |event| report.event(event))?;
            report.packet(number, &frame, &packet)?;
        }
        Ok(())
    }

    /// Writing that fails does not end the inspection.
    fn write(&mut self, frame: &Frame<'_>) {
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.write(frame)
        {
            self.writer = None;
            self.trouble(&error);
        }
    }

    /// Tells what happened, if enough has come together.
    #[inline]
    fn tell_events(&mut self) -> io::Result<()> {
        if self.events.len() < self.batch {
            self.teller.let_go(self.events.len());
            return Ok(());
        }
        self.tell_all_events()
    }

    #[inline(never)]
    fn tell_all_events(&mut self) -> io::Result<()> {
        if let Some(tracker) = &mut self.tracker {
            self.sheet = tracker.take_sheet(mem::take(&mut self.sheet));
        }
        if self.events.is_empty() && self.sheet.is_empty() {
            return Ok(());
        }
        self.teller
            .events(&mut self.events, &mut self.sheet, &mut self.choice)?;
        // What is not chosen outranks nothing.
        if self.choice.is_everything()
            && let Some(tracker) = &mut self.tracker
            && let Some(report) = self.teller.report()
        {
            tracker.leave_out(report.outranked());
        }
        Ok(())
    }

    fn flush(&mut self, now: Timestamp) -> io::Result<()> {
        self.flushed_at = now;
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.flush()
        {
            self.writer = None;
            self.trouble(&error);
        }
        self.teller.flush()
    }
}
