//! Keeps an analysis from hanging: runs it on a thread of its own and gives up when nothing
//! moves for long.
//!
//! rust-analyzer can't be interrupted inside one inference (a type of 2^40 parts in one body
//! keeps it busy for ages), so the thread is left behind: a command ends with the process, a
//! library user is told and keeps one busy thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Nothing finished for this long: no body, item list or crate. The largest seen takes seconds.
const PATIENCE: Duration = Duration::from_secs(150);
const STACK: usize = 256 << 20;

/// Signs of life, shared with the workers.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    beat: Arc<AtomicU64>,
    /// What is being looked at, one entry a thread.
    at: Arc<Mutex<Vec<(std::thread::ThreadId, String)>>>,
}

impl Watch {
    pub(crate) fn beat(&self) {
        self.beat.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes what this thread turns to.
    pub(crate) fn turn_to(&self, place: String) {
        let id = std::thread::current().id();
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        match at.iter_mut().find(|(thread, _)| *thread == id) {
            Some(entry) => entry.1 = place,
            None => at.push((id, place)),
        }
    }

    fn places(&self) -> String {
        let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places: Vec<&str> = at.iter().map(|(_, place)| place.as_str()).collect();
        places.sort_unstable();
        places.join(" or ")
    }
}

enum Message<R> {
    Step(String),
    Done(R),
}

/// Runs `work`; its words of progress reach `progress` on this thread.
pub(crate) fn run<R: Send + 'static>(
    progress: &dyn Fn(&str),
    watch: &Watch,
    work: impl FnOnce(&dyn Fn(&str)) -> R + Send + 'static,
) -> Result<R> {
    run_for(PATIENCE, progress, watch, work)
}

fn run_for<R: Send + 'static>(
    patience: Duration,
    progress: &dyn Fn(&str),
    watch: &Watch,
    work: impl FnOnce(&dyn Fn(&str)) -> R + Send + 'static,
) -> Result<R> {
    let (sender, receiver) = channel();
    let spawned = std::thread::Builder::new()
        .name("whittle".into())
        .stack_size(STACK)
        .spawn(move || {
            let steps = sender.clone();
            // The receiver is only gone when the caller gave up.
            let result = work(&|step| drop(steps.send(Message::Step(step.to_owned()))));
            drop(sender.send(Message::Done(result)));
        });
    spawned.map_err(|why| Error::Load(format!("a thread could not be started: {why}")))?;
    let mut last = (watch.beat.load(Ordering::Relaxed), Instant::now());
    loop {
        match receiver.recv_timeout(Duration::from_millis(500)) {
            Ok(Message::Step(step)) => {
                progress(&step);
                last.1 = Instant::now();
            }
            Ok(Message::Done(result)) => return Ok(result),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::Load("the analysis ended without an answer".into()));
            }
            Err(RecvTimeoutError::Timeout) => {
                let beat = watch.beat.load(Ordering::Relaxed);
                if beat != last.0 {
                    last = (beat, Instant::now());
                } else if last.1.elapsed() > patience {
                    return Err(Error::Stuck {
                        seconds: patience.as_secs(),
                        place: watch.places(),
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_move_is_given_up_with_its_place() {
        let watch = Watch::default();
        let inner = watch.clone();
        let (stop, stopped) = channel::<()>();
        let given_up = run_for(Duration::from_secs(1), &|_| {}, &watch, move |_| {
            inner.turn_to("src/lib.rs:7".to_owned());
            // Until the test is over.
            let _ = stopped.recv();
        });
        let message = given_up.unwrap_err().to_string();
        assert_eq!(
            message,
            "gave up after 1 s without progress, at src/lib.rs:7"
        );
        drop(stop);
    }
}
