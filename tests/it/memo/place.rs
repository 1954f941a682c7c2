//! A workspace that is analyzed again and again, with what is kept in its target folder.

use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};

use crate::fixtures::{root, stdout};
use crate::same_answer::copy;

pub(super) struct Place {
    _folder: tempfile::TempDir,
    pub(super) base: Utf8PathBuf,
    pub(super) tree: Utf8PathBuf,
    pub(super) std: Option<Utf8PathBuf>,
    /// The execution policy.
    pub(super) exec: &'static str,
}

impl Place {
    /// A workspace in `app`, whose dependencies lie beside it.
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let place = Self::empty("app");
        for (file, text) in files {
            place.write(file, text);
        }
        place
    }

    pub(super) fn of_fixture(name: &str) -> Self {
        let place = Self::empty("tree");
        copy(&root().join(name), &place.tree);
        place
    }

    fn empty(tree: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = Utf8Path::from_path(folder.path()).unwrap();
        let base = base.canonicalize_utf8().unwrap();
        Self {
            _folder: folder,
            tree: base.join(tree),
            base,
            std: None,
            exec: "never",
        }
    }

    pub(super) fn write(&self, file: &str, text: &str) {
        let path = self.base.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(super) fn read(&self, file: &str) -> String {
        fs::read_to_string(self.base.join(file)).unwrap()
    }

    pub(super) fn run(&self, threads: &str) -> Output {
        let manifest = self.tree.join("Cargo.toml");
        Command::new(env!("CARGO_BIN_EXE_cargo-whittle"))
            .args(["list", "-v", "--exec", self.exec, "-j", threads])
            .args(["--manifest-path", manifest.as_str()])
            .args(self.std.iter().flat_map(|std| ["--std-src", std.as_str()]))
            .env("XDG_STATE_HOME", self.base.join("state"))
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap()
    }

    pub(super) fn entries(&self, kind: &str) -> Vec<Utf8PathBuf> {
        let cache = self.tree.join("target/whittle/cache");
        let all = cache.read_dir_utf8().into_iter().flatten().flatten();
        all.map(camino::Utf8DirEntry::into_path)
            .filter(|path| path.file_name().unwrap().starts_with(kind))
            .collect()
    }

    pub(super) fn remove(&self, kind: &str) {
        for path in self.entries(kind) {
            fs::remove_file(path).unwrap();
        }
    }

    /// The whole analysis, and how many instances were as in an earlier run.
    pub(super) fn analysis(&self, threads: &str) -> (Vec<u8>, usize) {
        self.remove("analysis");
        let output = self.run(threads);
        stdout(&output);
        let steps = String::from_utf8_lossy(&output.stderr).into_owned();
        let known = steps.split(" instances as in an earlier run").next();
        let known = known.filter(|before| before.len() < steps.len());
        let known = known.and_then(|before| before.split_whitespace().last());
        let known = known.map_or(0, |number| number.parse().unwrap());
        let [entry] = &self.entries("analysis")[..] else {
            panic!("{steps}");
        };
        (fs::read(entry).unwrap(), known)
    }

    /// How many instances were known; that they changed nothing is asserted, and what is worked
    /// out here is what the next run knows.
    pub(super) fn check(&self, what: &str) -> usize {
        self.compare(what).0
    }

    /// The same, but the next run knows what the run kept that took over.
    pub(super) fn chain(&self, what: &str) -> usize {
        let (known, kept) = self.compare(what);
        self.remove("expansions");
        for (path, bytes) in kept {
            fs::write(path, bytes).unwrap();
        }
        known
    }

    /// How many were known, and what the run kept that knew them.
    fn compare(&self, what: &str) -> (usize, Vec<(Utf8PathBuf, Vec<u8>)>) {
        let (with, known) = self.analysis("2");
        let kept = self.entries("expansions").into_iter();
        let kept = kept.map(|path| (path.clone(), fs::read(path).unwrap()));
        let kept = kept.collect();
        self.remove("expansions");
        let (without, none) = self.analysis("1");
        assert_eq!(none, 0);
        if with != without {
            let end = with.iter().zip(&without).position(|(a, b)| a != b);
            panic!(
                "{what}: {known} known, {} and {} bytes, differ at {end:?}",
                with.len(),
                without.len()
            );
        }
        (known, kept)
    }
}
