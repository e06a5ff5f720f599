//! Reading ahead: on two threads a source is read by one while the other looks at what came before. What is
//! looked at, and in which order, is the same on one.

use std::{io, ops::ControlFlow, sync::mpsc, thread};

use crate::capture::{Batch, Error, Source, Then};

/// At most this many batches wait to be looked at. Further ones gain nothing: whoever is slower stays behind.
const WAITING: usize = 6;

/// Reads a source batch by batch and has each looked at, until its end or until that breaks off.
///
/// With more than one of `threads` it is read ahead, if the system has a thread left.
pub(super) fn each_batch(
    source: &mut dyn Source,
    threads: usize,
    mut look: impl FnMut(&mut Batch, Result<Then, Error>) -> io::Result<ControlFlow<()>>,
) -> io::Result<()> {
    if threads > 1
        && let Some(result) = on_two_threads(source, &mut look)
    {
        return result;
    }
    on_one_thread(source, look)
}

fn on_one_thread(
    source: &mut dyn Source,
    mut look: impl FnMut(&mut Batch, Result<Then, Error>) -> io::Result<ControlFlow<()>>,
) -> io::Result<()> {
    let mut batch = Batch::default();
    loop {
        let then = source.fill(&mut batch);
        let is_last = is_last(&then);
        if look(&mut batch, then)?.is_break() || is_last {
            return Ok(());
        }
    }
}

/// `None` when there is no other thread to be had; then nothing was read.
fn on_two_threads(
    source: &mut dyn Source,
    mut look: impl FnMut(&mut Batch, Result<Then, Error>) -> io::Result<ControlFlow<()>>,
) -> Option<io::Result<()>> {
    let stop = source.stop().cloned();
    let (to_look, filled) = mpsc::sync_channel(WAITING);
    let (to_fill, looked_at) = mpsc::channel::<Batch>();
    thread::scope(|scope| {
        let reader = thread::Builder::new().name("reading ahead".to_owned());
        reader
            .spawn_scoped(scope, move || {
                loop {
                    let mut batch = looked_at.try_recv().unwrap_or_default();
                    let then = source.fill(&mut batch);
                    let is_last = is_last(&then);
                    // Nobody takes it: it was broken off.
                    if to_look.send((batch, then)).is_err() || is_last {
                        return;
                    }
                }
            })
            .ok()?;
        let mut result = Ok(());
        for (mut batch, then) in &filled {
            match look(&mut batch, then) {
                Ok(ControlFlow::Continue(())) => {
                    // After the last batch nobody is there to take it.
                    let _ = to_fill.send(batch);
                    continue;
                }
                Ok(ControlFlow::Break(())) => {}
                Err(error) => result = Err(error),
            }
            // The other thread may be waiting for something that nobody will look at.
            if let Some(stop) = &stop {
                stop.request();
            }
            break;
        }
        drop(filled);
        Some(result)
    })
}

fn is_last(then: &Result<Then, Error>) -> bool {
    !matches!(then, Ok(Then::More | Then::Idle(_)))
}
