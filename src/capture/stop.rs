//! Ctrl-C and its kin: a flag that is asked for, and a file descriptor that wakes a `poll`.

use std::{
    fs, io,
    io::Write as _,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    flag,
    low_level::pipe,
};

use super::Error;

/// What a second Ctrl-C ends the process with: 128 and the signal's number.
const INTERRUPTED_TWICE: i32 = 130;

/// A wish to stop. Clones share it; once uttered it stays.
#[derive(Clone, Debug)]
pub struct Stop(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    requested: Arc<AtomicBool>,
    /// Readable once a stop was requested. Nobody reads from it, so every `poll` sees it.
    wakes: UnixStream,
    waker: UnixStream,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// The source has something to read, or has ended.
    Readable,
    /// The source is in trouble, and has nothing to read.
    Failed,
    /// A stop was requested.
    Stopped,
    /// Nothing happened in time.
    Silence,
}

impl Stop {
    /// A wish that only [`Stop::request`] utters. Fails when no file descriptor is left.
    pub fn new() -> Result<Self, Error> {
        let (wakes, waker) = UnixStream::pair().map_err(Error::Signals)?;
        waker.set_nonblocking(true).map_err(Error::Signals)?;
        Ok(Self(Arc::new(Inner {
            requested: Arc::default(),
            wakes,
            waker,
        })))
    }

    /// A wish that SIGINT, SIGTERM and SIGHUP utter too. A second SIGINT ends the process at once
    /// with status 130. SIGHUP stays ignored under `nohup`.
    ///
    /// Fails when no file descriptor is left.
    pub fn on_signals() -> Result<Self, Error> {
        let stop = Self::new()?;
        let requested = &stop.0.requested;
        // Actions run in the order of registration, so this one sees the flag of the first signal.
        flag::register_conditional_shutdown(SIGINT, INTERRUPTED_TWICE, Arc::clone(requested))
            .map_err(Error::Signals)?;
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if signal == SIGHUP && hangup_is_ignored() {
                continue;
            }
            flag::register(signal, Arc::clone(requested)).map_err(Error::Signals)?;
            let waker = stop.0.waker.try_clone().map_err(Error::Signals)?;
            pipe::register(signal, waker).map_err(Error::Signals)?;
        }
        Ok(stop)
    }

    /// Utters the wish.
    pub fn request(&self) {
        self.0.requested.store(true, Ordering::SeqCst);
        // When the pipe is full it is readable, which is all that is wanted.
        let _ = (&self.0.waker).write(&[0]);
    }

    /// Whether it was uttered.
    pub fn requested(&self) -> bool {
        self.0.requested.load(Ordering::Relaxed)
    }

    /// Readable from the moment it is uttered, for a `poll` of one's own. Nothing may be read from
    /// it.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.0.wakes.as_fd()
    }

    /// Waits until `source` is readable, a stop is requested or `timeout` has passed.
    pub(super) fn wait(
        &self,
        source: BorrowedFd<'_>,
        timeout: Option<&Timespec>,
    ) -> io::Result<Woken> {
        let mut fds = [
            PollFd::from_borrowed_fd(self.fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(source, PollFlags::IN),
        ];
        match poll(&mut fds, timeout) {
            Ok(_) => {}
            // A signal came: the flag tells whether it was one of ours.
            Err(Errno::INTR) if !self.requested() => return Ok(Woken::Silence),
            Err(Errno::INTR) => return Ok(Woken::Stopped),
            Err(error) => return Err(error.into()),
        }
        let [stop, source] = fds.map(|fd| fd.revents());
        Ok(if !stop.is_empty() {
            Woken::Stopped
        } else if source.intersects(PollFlags::IN | PollFlags::HUP) {
            Woken::Readable
        } else if !source.is_empty() {
            Woken::Failed
        } else {
            Woken::Silence
        })
    }
}

/// Whether SIGHUP was ignored by whoever started us, as `nohup` does.
fn hangup_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & (1 << (SIGHUP - 1)) != 0)
}

#[cfg(test)]
mod tests {
    use std::{
        thread,
        time::{Duration, Instant},
    };

    use super::*;

    const SHORT: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 1_000_000,
    };

    #[test]
    fn a_request_wakes_every_wait_and_stays() {
        let stop = Stop::new().unwrap();
        let (silent, _other_end) = UnixStream::pair().unwrap();
        assert_eq!(
            stop.wait(silent.as_fd(), Some(&SHORT)).unwrap(),
            Woken::Silence
        );
        assert!(!stop.requested());

        let elsewhere = stop.clone();
        let thread = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            elsewhere.request();
        });
        let began = Instant::now();
        assert_eq!(stop.wait(silent.as_fd(), None).unwrap(), Woken::Stopped);
        assert!(began.elapsed() < Duration::from_millis(200));
        thread.join().unwrap();
        for _ in 0..2 {
            assert!(stop.requested());
            assert_eq!(
                stop.wait(silent.as_fd(), Some(&SHORT)).unwrap(),
                Woken::Stopped
            );
        }
    }

    #[test]
    fn a_signal_is_a_request() {
        let stop = Stop::on_signals().unwrap();
        let (silent, _other_end) = UnixStream::pair().unwrap();
        signal_hook::low_level::raise(SIGTERM).unwrap();
        assert!(stop.requested());
        assert_eq!(
            stop.wait(silent.as_fd(), Some(&SHORT)).unwrap(),
            Woken::Stopped
        );
    }

    #[test]
    fn what_is_there_to_read_wakes() {
        let stop = Stop::new().unwrap();
        let (reader, writer) = UnixStream::pair().unwrap();
        (&writer).write_all(b"x").unwrap();
        assert_eq!(stop.wait(reader.as_fd(), None).unwrap(), Woken::Readable);
    }
}
