//! Locks that somebody may hold for a moment without meaning to.
//!
//! Between its fork and its exec a child holds what its parent has locked, for longer than the
//! parent itself may: a lock is somebody's when it is held for longer than that.

use std::fs::{File, TryLockError};
use std::thread;
use std::time::Duration;

/// Half a second in all.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// Takes a lock that is free, or free in a moment.
///
/// # Errors
/// When somebody holds it, or it cannot be taken.
pub(crate) fn patiently(lock: &File) -> Result<(), TryLockError> {
    with_pauses(|| lock.try_lock(), || thread::sleep(PAUSE))
}

fn with_pauses(
    mut attempt: impl FnMut() -> Result<(), TryLockError>,
    mut pause: impl FnMut(),
) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match attempt() {
            Err(TryLockError::WouldBlock) => pause(),
            done => return done,
        }
    }
    attempt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often it was tried and paused, and what came of it, where the lock is free at try `at`.
    fn tries(at: u32, last: impl Fn() -> Result<(), TryLockError>) -> (u32, u32, bool) {
        let (mut tried, mut paused) = (0, 0);
        let attempt = || {
            tried += 1;
            if tried < at {
                Err(TryLockError::WouldBlock)
            } else {
                last()
            }
        };
        let taken = with_pauses(attempt, || paused += 1).is_ok();
        (tried, paused, taken)
    }

    #[test]
    fn a_moment_is_waited_and_no_longer() {
        assert_eq!(tries(1, || Ok(())), (1, 0, true));
        assert_eq!(tries(4, || Ok(())), (4, 3, true));
        assert_eq!(tries(TRIES, || Ok(())), (TRIES, TRIES - 1, true));
        assert_eq!(tries(TRIES + 1, || Ok(())), (TRIES, TRIES - 1, false));
    }

    #[test]
    fn what_cannot_be_locked_is_not_waited_for() {
        let wrong = || Err(TryLockError::Error(std::io::ErrorKind::Unsupported.into()));
        assert_eq!(tries(2, wrong), (2, 1, false));
    }

    #[test]
    fn a_file_that_another_handle_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let open = || {
            File::options()
                .create(true)
                .append(true)
                .open(&path)
                .unwrap()
        };
        let (ours, theirs) = (open(), open());
        patiently(&ours).unwrap();
        let held = with_pauses(|| theirs.try_lock(), || {});
        assert!(matches!(held, Err(TryLockError::WouldBlock)));
        drop(ours);
        patiently(&theirs).unwrap();
    }
}
