//! What the journal does to the disk, one call of the system at a time.
//!
//! Each is a step, and before and after each one a test may end the process: what must hold then
//! is that the next command sets the tree right. Outside of debug builds there is no such hook.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::time::SystemTime;

use camino::Utf8Path;

/// In a debug build: the step before which the process ends.
#[cfg(debug_assertions)]
fn stop() -> Option<usize> {
    let number = std::env::var("WHITTLE_TEST_STOP_BEFORE_STEP").ok()?;
    number.parse().ok()
}

#[cfg(not(debug_assertions))]
fn stop() -> Option<usize> {
    None
}

/// Does the steps, and counts them.
pub(super) struct Disk<'a> {
    /// Called with the number of the step that comes next.
    before: &'a mut dyn FnMut(usize),
    count: usize,
}

/// For [`Disk::new`]: what a user runs.
pub(super) fn unwatched() -> impl FnMut(usize) {
    let stop = stop();
    move |step| {
        if stop == Some(step) {
            std::process::abort();
        }
    }
}

impl<'a> Disk<'a> {
    pub(super) fn new(before: &'a mut dyn FnMut(usize)) -> Self {
        Self { before, count: 0 }
    }

    fn step(&mut self) {
        (self.before)(self.count);
        self.count += 1;
    }

    /// A file that was not there, with all of its content on the disk.
    pub(super) fn create(
        &mut self,
        path: &Utf8Path,
        bytes: &[u8],
        permissions: Option<Permissions>,
    ) -> io::Result<()> {
        self.step();
        let mut file = File::create_new(path)?;
        self.step();
        file.write_all(bytes)?;
        self.step();
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
            self.step();
        }
        file.sync_all()?;
        self.step();
        Ok(())
    }

    /// A second name for a file, or a copy of it where the file system has no such thing.
    pub(super) fn keep(&mut self, file: &Utf8Path, beside: &Utf8Path) -> io::Result<()> {
        self.step();
        if fs::hard_link(file, beside).is_err() {
            let bytes = fs::read(file)?;
            let permissions = fs::metadata(file)?.permissions();
            self.create(beside, &bytes, Some(permissions))?;
        }
        self.step();
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Utf8Path, to: &Utf8Path) -> io::Result<()> {
        self.step();
        fs::rename(from, to)?;
        self.step();
        Ok(())
    }

    /// Compilers go by the time of a file, and may have seen another content in between.
    pub(super) fn touch(&mut self, path: &Utf8Path) {
        self.step();
        // A file that cannot be touched is right all the same.
        let _ = File::open(path).and_then(|file| file.set_modified(SystemTime::now()));
    }

    pub(super) fn remove(&mut self, path: &Utf8Path) -> io::Result<()> {
        self.step();
        absent_is_fine(fs::remove_file(path))?;
        self.step();
        Ok(())
    }

    pub(super) fn create_folder(&mut self, path: &Utf8Path) -> io::Result<()> {
        self.step();
        match fs::create_dir(path) {
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            done => done?,
        }
        self.step();
        Ok(())
    }

    /// Where something else is in it, it stays.
    pub(super) fn remove_folder(&mut self, path: &Utf8Path) -> io::Result<()> {
        self.step();
        match fs::remove_dir(path) {
            Err(why) if why.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            done => absent_is_fine(done)?,
        }
        self.step();
        Ok(())
    }

    /// What happened in a folder survives a loss of power.
    pub(super) fn sync(&mut self, folder: &Utf8Path) {
        self.step();
        // Other systems do not open folders.
        if cfg!(unix) {
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
    }
}

fn absent_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
