//! `cargo whittle record`: the figures of a commit into the history file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::cargo::toolchain_of;
use crate::error::{Error, Outcome};
use crate::history::file::{self, History};
use crate::history::past::{self, Past};
use crate::history::{self, Asked, Record, Snapshot};
use crate::model::Analysis;
use crate::options::Options;
use crate::report::data;
use crate::report::text::{plural, ratio, sanitize};
use crate::revision::{Commit, Repository};

use super::args::AnalysisArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
Without `--range` the work tree is measured, which has to be what HEAD says. With it, commits are
read from git's objects and laid out below <target>/whittle; what is recorded already is skipped, so
that an interrupted run goes on where it was. Exits with 1 when a commit could not be measured.";

#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// The history file [default: whittle-history.jsonl beside the workspace's manifest]
    #[arg(long, value_name = "PATH")]
    file: Option<Utf8PathBuf>,
    /// Record these commits of the branch: `A..B`, or all up to `B`
    #[arg(long, value_name = "A..B")]
    range: Option<String>,
    /// Of the range, also the commits that were merged into the branch
    #[arg(long, requires = "range")]
    merged: bool,
    /// Also what is recorded already
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

/// The history file of a workspace, which no link may lead elsewhere unless it was named.
pub(super) fn history_file(
    named: Option<&Utf8Path>,
    root: &Utf8Path,
) -> Result<Utf8PathBuf, Error> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let file = root.join(history::FILE_NAME);
    let is_link = file
        .symlink_metadata()
        .is_ok_and(|facts| facts.is_symlink());
    if is_link {
        return Err(Error::LinkedTarget(file));
    }
    Ok(file)
}

pub(super) fn run(args: &RecordArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let options = super::options(&args.analysis)?;
    let layout = session.layout(options.selection.manifest_path.clone())?;
    let (root, own) = (layout.root, layout.own);
    let record = Recording {
        args,
        repository: Repository::open(&root)?,
        file: history_file(args.file.as_deref(), &root)?,
        asked: Asked::of(&options, toolchain_of(&options)?),
        options,
        own,
    };
    match &args.range {
        None => record.head(session),
        Some(range) => record.range(range, session),
    }
}

struct Recording<'a> {
    args: &'a RecordArgs,
    repository: Repository,
    file: Utf8PathBuf,
    asked: Asked,
    options: Options,
    own: Utf8PathBuf,
}

impl Recording<'_> {
    fn is_recorded(&self, history: &History, commit: &Commit) -> bool {
        !self.args.again && history.has(&commit.id, &self.asked)
    }

    /// The work tree as HEAD.
    fn head(&self, session: &mut Session<'_>) -> Result<Outcome, Failure> {
        let head = self.repository.resolve("HEAD")?;
        let history = History::read(&self.file)?.unwrap_or_default();
        let file = self.file.file_name().unwrap_or_default();
        let file = sanitize(file);
        if self.is_recorded(&history, &head) {
            writeln!(session.out, "{} is in {file} already", head.short())?;
            return Ok(Outcome::Clean);
        }
        self.must_be(&head)?;
        let analysis = session.analyze(&self.options)?;
        // What was measured must be what is recorded, also when somebody went on meanwhile.
        self.must_be(&head)?;
        session.notes(&analysis);
        let lock = self.repository.prefix().join("Cargo.lock");
        if self.repository.read(&head, &lock)?.is_none() {
            session.note("Cargo.lock is not part of the commit, so the figures may come out otherwise elsewhere");
        }
        let snapshot = Snapshot::of(&data::build(&analysis));
        let words = words(&snapshot);
        let record = Record::measured(&head, &self.asked, snapshot);
        let (_, new) = file::add(&self.file, &self.own, vec![record])?;
        if new {
            writeln!(session.out, "{} in {file}: {words}", head.short())?;
        } else {
            writeln!(
                session.out,
                "{} is in {file} already: {words}",
                head.short()
            )?;
        }
        Ok(Outcome::Clean)
    }

    fn must_be(&self, head: &Commit) -> Result<(), Error> {
        let differs = |what: String| Error::Uncommitted {
            commit: head.short().to_owned(),
            what,
        };
        if self.repository.resolve("HEAD")?.id != head.id {
            return Err(differs("HEAD is another commit now".to_owned()));
        }
        let target = self.own.parent().unwrap_or(&self.own);
        let changes = self.repository.changes(head, target)?;
        // The file that is written here may be committed with the next commit.
        let file = self.file.canonicalize_utf8().ok();
        let is_history = |path: &String| Some(self.repository.root().join(path)) == file;
        let changes: Vec<String> = changes.into_iter().filter(|it| !is_history(it)).collect();
        let Some(first) = changes.first() else {
            return Ok(());
        };
        let first = format!("`{}` is changed", sanitize(first));
        match changes.len() as u64 - 1 {
            0 => Err(differs(first)),
            more => Err(differs(format!(
                "{first}, and {}",
                plural(more, "other", "others")
            ))),
        }
    }

    /// Commits of the past, from git's objects.
    fn range(&self, range: &str, session: &mut Session<'_>) -> Result<Outcome, Failure> {
        let manifest = self.manifest()?;
        let commits = self.repository.range(range, !self.args.merged)?;
        if self.repository.is_shallow() {
            session
                .note("the clone is shallow: commits older than what was fetched are not recorded");
        }
        let history = History::read(&self.file)?.unwrap_or_default();
        let missing: Vec<&Commit> = commits
            .iter()
            .filter(|commit| !self.is_recorded(&history, commit))
            .collect();
        past::forget_skeletons(&self.own);
        let past = Past {
            repository: &self.repository,
            own: &self.own,
            options: &self.options,
            asked: &self.asked,
            manifest: &manifest,
        };
        let mut gaps = Vec::new();
        let mut fetch: BTreeMap<Utf8PathBuf, u64> = BTreeMap::new();
        for (number, commit) in (1..).zip(&missing) {
            let place = format!("{number}/{} {}", missing.len(), commit.short());
            let mut analyze = |options: &Options| analyze(options, &place, session);
            let measured = past.measure(commit, &mut analyze)?;
            if let Some(manifest) = measured.fetch {
                *fetch.entry(manifest).or_default() += 1;
            }
            if let history::Outcome::Gap(gap) = &measured.record.outcome {
                gaps.push(format!("{}  {}", commit.short(), sanitize(&gap.reason)));
            }
            file::add(&self.file, &self.own, vec![measured.record])?;
        }
        let there = commits.len() - missing.len();
        self.summary(missing.len() - gaps.len(), there, &gaps, session)?;
        hints(&fetch, session);
        Ok(if gaps.is_empty() {
            Outcome::Clean
        } else {
            Outcome::Findings
        })
    }

    fn summary(
        &self,
        new: usize,
        there: usize,
        gaps: &[String],
        session: &mut Session<'_>,
    ) -> Result<(), Failure> {
        let file = self.file.file_name().unwrap_or_default();
        let commits = plural(new as u64, "commit", "commits");
        let mut line = format!("recorded {commits} in {}", sanitize(file));
        if there > 0 {
            let _ = write!(line, ", {there} were there");
        }
        if !gaps.is_empty() {
            let _ = write!(line, ", {} without figures:", gaps.len());
        }
        writeln!(session.out, "{line}")?;
        for gap in gaps {
            writeln!(session.out, "  {gap}")?;
        }
        Ok(())
    }

    /// The selected manifest, as cargo would find it, relative to the top of the repository.
    fn manifest(&self) -> Result<Utf8PathBuf, Error> {
        let given = self.options.selection.manifest_path.clone();
        let here = || Utf8PathBuf::from_path_buf(std::env::current_dir().ok()?).ok();
        let found = given.or_else(|| {
            let here = here()?;
            let manifests = here.ancestors().map(|folder| folder.join("Cargo.toml"));
            manifests.into_iter().find(|manifest| manifest.is_file())
        });
        let found = found.ok_or_else(|| Error::NoManifest(here().unwrap_or_default()))?;
        let real = found.canonicalize_utf8();
        let real = real.map_err(|_| Error::NoManifest(found.clone()))?;
        let inside = real.strip_prefix(self.repository.root());
        inside
            .map(Utf8Path::to_owned)
            .map_err(|_| Error::NoRepository {
                path: found.clone(),
                why: "its workspace is in another".to_owned(),
            })
    }
}

/// Analyzes a commit, saying which.
fn analyze(options: &Options, place: &str, session: &mut Session<'_>) -> Result<Analysis, Error> {
    let analyze = session.analyze;
    session.progress(|progress| {
        progress.say(&format!("{place}: laid out"));
        analyze(options, &|message| {
            progress.say(&format!("{place}: {message}"));
        })
    })
}

/// What fetches the sources that were missing.
fn hints(fetch: &BTreeMap<Utf8PathBuf, u64>, session: &mut Session<'_>) {
    if fetch.is_empty() {
        return;
    }
    session.note("sources are missing; these commands fetch them, then run the same again:");
    for (manifest, commits) in fetch {
        let manifest = quoted(manifest.as_str());
        let commits = plural(*commits, "commit", "commits");
        session.note(&format!(
            "cargo fetch --locked --manifest-path {manifest}  # {commits}"
        ));
    }
}

/// As a shell takes it for one word.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:\\".contains(c);
    if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

fn words(snapshot: &Snapshot) -> String {
    let words = snapshot.totals.iter().map(|(domain, total)| {
        let functions = total.figures.functions;
        let crates = plural(total.crates, "crate", "crates");
        let ratio = ratio(functions.used(), functions.total());
        format!("{} {ratio} functions of {crates}", domain.as_str())
    });
    words.collect::<Vec<_>>().join(", ")
}
