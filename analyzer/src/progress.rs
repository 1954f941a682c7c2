//! What the analysis is doing, on stderr: one line that is rewritten on a terminal, a line a
//! stage with `-v`, nothing otherwise.

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::time::Instant;

use crate::report::text::{cut, sanitize};

/// A message must fit in a line, or it could not be taken back.
const WIDTH: usize = 78;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Silent,
    /// Rewrite one line; for terminals.
    Rewrite,
    /// A line a message; for logs.
    Log,
    /// The same with the seconds since the start, processor time and the peak memory so far.
    Timed,
}

pub struct Progress<'a> {
    mode: Mode,
    err: RefCell<&'a mut dyn Write>,
    shown: Cell<bool>,
    start: Instant,
}

impl<'a> Progress<'a> {
    pub fn new(mode: Mode, err: &'a mut dyn Write) -> Self {
        Self {
            mode,
            err: RefCell::new(err),
            shown: Cell::new(false),
            start: Instant::now(),
        }
    }

    /// Shows a message. That it could not be written is no reason to stop.
    pub fn say(&self, message: &str) {
        let message = sanitize(message);
        let Ok(mut err) = self.err.try_borrow_mut() else {
            return;
        };
        let _ = match self.mode {
            Mode::Silent => Ok(()),
            Mode::Log => writeln!(err, "{message}"),
            Mode::Timed => {
                let seconds = self.start.elapsed().as_secs_f64();
                let (cpu, memory) = (processor_time(), peak_memory());
                writeln!(
                    err,
                    "{seconds:8.3} s {cpu:>7} s cpu {memory:>6} MiB  {message}"
                )
            }
            Mode::Rewrite => {
                self.shown.set(true);
                write!(err, "\r\x1b[2K{}", cut(&message, WIDTH)).and_then(|()| err.flush())
            }
        };
    }

    /// Takes the line back.
    pub fn finish(&self) {
        if self.mode == Mode::Timed {
            self.say("done");
        }
        if let (true, Ok(mut err)) = (self.shown.replace(false), self.err.try_borrow_mut()) {
            let _ = write!(err, "\r\x1b[2K").and_then(|()| err.flush());
        }
    }
}

/// Peak resident memory of this process in MiB; `-` where the system does not say.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|it| it.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map_or_else(|| "-".to_owned(), |kib| (kib / 1024).to_string())
}

/// Processor time of all threads of this process in seconds, likewise.
fn processor_time() -> String {
    // Fields 14 and 15 of proc(5), counted behind the name, which may hold anything.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |at: usize| fields.split_whitespace().nth(at)?.parse::<u32>().ok();
    match (ticks(11), ticks(12)) {
        // What Linux tells programs is in hundredths of a second on every machine.
        (Some(user), Some(system)) => format!("{:.2}", f64::from(user + system) / 100.0),
        _ => "-".to_owned(),
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mode: Mode) -> String {
        let mut err = Vec::new();
        let progress = Progress::new(mode, &mut err);
        progress.say("loading \x1b");
        progress.say("walking");
        drop(progress);
        String::from_utf8(err).unwrap()
    }

    #[test]
    fn modes() {
        assert_eq!(shown(Mode::Silent), "");
        assert_eq!(shown(Mode::Log), "loading \\u{1b}\nwalking\n");
        let rewritten = "\r\x1b[2Kloading \\u{1b}\r\x1b[2Kwalking\r\x1b[2K";
        assert_eq!(shown(Mode::Rewrite), rewritten);
    }
}
