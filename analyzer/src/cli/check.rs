//! `cargo whittle check`.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use crate::error::{Error, Outcome, Result};
use crate::gate::config::Config;
use crate::gate::lock::{FILE, Lock};
use crate::gate::{self, Input, Rule, Tree, TreeLock, files, finding};
use crate::model::Analysis;
use crate::options::ExecPolicy;
use crate::revision::Repository;

use super::args::AnalysisArgs;
use super::outputs::{self, Format, Output};
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
Rules stand in [workspace.metadata.whittle] of the root manifest, what was accepted in whittle.lock:
  cargo whittle init                 writes both
  cargo whittle baseline --update    accepts what is reached now
  cargo whittle check --explain new-item

In a pull request: `cargo whittle check --base origin/main` takes rules and baseline from there, so
that the request cannot loosen its own gate, and says when it tries.

Exits with 1 when a finding is denied and not ignored; with 2 when rules or baseline cannot be read,
or the baseline is valid for something else (another toolchain, target, policy, …). Ignores expire
on the day of SOURCE_DATE_EPOCH, or today. See docs/CI.md.";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// How to print what was found [default: table; under GitHub Actions github]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Write it to a file as well, in this format; may be given several times
    #[arg(long, value_name = "FORMAT=FILE")]
    output: Vec<Output>,
    /// Take rules and baseline from this revision of the repository
    #[arg(long, value_name = "REVISION")]
    base: Option<String>,
    /// The baseline [default: whittle.lock beside the root manifest]
    #[arg(long, value_name = "FILE")]
    baseline: Option<Utf8PathBuf>,
    /// Say what a rule is about, and check nothing
    #[arg(long, value_name = "RULE", exclusive = true)]
    explain: Option<String>,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

/// What the tree asks for, and what the base does.
struct Sides {
    /// Name of the baseline, for messages and locations.
    file: String,
    tree: (Config, Result<Option<Lock>>),
    base: Option<(finding::Base, Config, Option<Lock>)>,
    workspace: String,
}

pub(super) fn run(args: &CheckArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    if let Some(rule) = &args.explain {
        return explain(rule, session);
    }
    let today = super::advisories::stamp()?.date_time();
    let today = today.get(..10).unwrap_or_default();
    let mut options = super::options(&args.analysis)?;
    // Before the analysis, which takes long: what is wrong here is wrong at once.
    let root = session
        .layout(options.selection.manifest_path.clone())?
        .root;
    let sides = sides(args, &root)?;
    let config = sides.config();
    if config.wants_baseline() && sides.lock()?.is_none() {
        return Err(no_baseline(&sides).into());
    }
    if let Some((base, ..)) = &sides.base
        && !config.present
    {
        let text = format!("{} has no rules", base.revision);
        session.note(&text);
    }
    if let Some(exec) = config.exec {
        options.exec = options.exec.min(exec);
        // As a tree that asks for `never` itself.
        if exec == ExecPolicy::Never {
            options.allow.clear();
        }
    }
    let analysis = session.analyze(&options)?;
    let report = judge(&analysis, &sides, today)?;
    outputs::write(&report, args.format, &args.output, session)?;
    Ok(if report.passed() {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

fn judge(analysis: &Analysis, sides: &Sides, today: &str) -> Result<gate::CheckReport> {
    let lock = sides.lock()?;
    let base = sides.base.as_ref().map(|(base, ..)| {
        let tree = Tree {
            config: &sides.tree.0,
            lock: match &sides.tree.1 {
                Ok(Some(lock)) => TreeLock::Is(lock),
                Ok(None) => TreeLock::None,
                // Without the path of this machine.
                Err(Error::Io { why, .. } | Error::Baseline { why, .. }) => {
                    TreeLock::Broken(why.clone())
                }
                Err(why) => TreeLock::Broken(why.to_string()),
            },
        };
        (base.clone(), tree)
    });
    gate::check(
        analysis,
        &Input {
            config: sides.config(),
            lock: lock.map(|lock| (sides.file.as_str(), lock)),
            base,
            today,
            workspace: sides.workspace.clone(),
        },
    )
}

impl Sides {
    /// The rules that count.
    fn config(&self) -> &Config {
        match &self.base {
            Some((_, config, _)) => config,
            None => &self.tree.0,
        }
    }

    /// The baseline that counts. One that cannot be read is no baseline that is not there.
    fn lock(&self) -> Result<Option<&Lock>> {
        match (&self.base, &self.tree.1) {
            (Some((_, _, lock)), _) => Ok(lock.as_ref()),
            (None, Ok(lock)) => Ok(lock.as_ref()),
            (None, Err(why)) => Err(again(why)),
        }
    }
}

/// The same error once more.
fn again(error: &Error) -> Error {
    match error {
        Error::Baseline { file, why, help } => Error::Baseline {
            file: file.clone(),
            why: why.clone(),
            help: help.clone(),
        },
        other => Error::Baseline {
            file: FILE.to_owned(),
            why: other.to_string(),
            help: other.remedy(),
        },
    }
}

fn sides(args: &CheckArgs, root: &Utf8Path) -> Result<Sides> {
    let manifest = files::read_manifest(&root.join("Cargo.toml"))?;
    let config = Config::read("Cargo.toml", &manifest)?;
    let path = args.baseline.clone().unwrap_or_else(|| root.join(FILE));
    let file = name(&path, root);
    let lock =
        files::read(&path).and_then(|text| text.map(|text| Lock::read(&file, &text)).transpose());
    let repository = Repository::open(root);
    let workspace = match &repository {
        Ok(repository) => repository.prefix().as_str().replace('\\', "/"),
        Err(_) => String::new(),
    };
    let base = match &args.base {
        Some(revision) => Some(base(
            &repository?,
            revision,
            &path,
            args.baseline.is_some(),
        )?),
        None => None,
    };
    Ok(Sides {
        file,
        tree: (config, lock),
        base,
        workspace,
    })
}

fn base(
    repository: &Repository,
    revision: &str,
    lock: &Utf8Path,
    named: bool,
) -> Result<(finding::Base, Config, Option<Lock>)> {
    let commit = repository.resolve(revision)?;
    let text = |path: &Utf8Path| -> Result<Option<String>> {
        let content = repository.read(&commit, path)?;
        let text = content.map(|content| {
            String::from_utf8(content).map_err(|_| {
                let why = format!("`{path}` in {revision} is not UTF-8");
                Error::Git(why)
            })
        });
        text.transpose()
    };
    let manifest = text(&repository.prefix().join("Cargo.toml"))?;
    let place = format!("Cargo.toml in {revision}");
    let config = Config::read(&place, &manifest.unwrap_or_default())?;
    let path = if named {
        in_repository(repository, lock)?
    } else {
        repository.prefix().join(FILE)
    };
    let place = format!("{path} in {revision}");
    let lock = text(&path)?
        .map(|text| Lock::read(&place, &text))
        .transpose()?;
    let base = finding::Base {
        revision: revision.to_owned(),
        commit: commit.id,
    };
    Ok((base, config, lock))
}

/// A file that the user names, as seen from the top of the repository.
fn in_repository(repository: &Repository, file: &Utf8Path) -> Result<Utf8PathBuf> {
    let outside = || Error::Usage(format!("`{file}` lies outside of the repository"));
    let folder = file.parent().filter(|folder| *folder != "");
    let folder = folder.unwrap_or(Utf8Path::new(".")).canonicalize_utf8();
    let folder = folder.map_err(|_| outside())?;
    let below = folder
        .strip_prefix(repository.root())
        .map_err(|_| outside())?;
    Ok(below.join(file.file_name().ok_or_else(outside)?))
}

/// A file as it is called in messages: from the workspace, if it lies in it.
pub(super) fn name(file: &Utf8Path, root: &Utf8Path) -> String {
    let whole = std::path::absolute(file).ok();
    let whole = whole.and_then(|path| Utf8PathBuf::try_from(path).ok());
    let whole = whole.unwrap_or_else(|| file.to_owned());
    let below = whole.strip_prefix(root).unwrap_or(file);
    below.as_str().replace('\\', "/")
}

fn no_baseline(sides: &Sides) -> Error {
    let (place, help) = match &sides.base {
        Some((base, ..)) => (
            format!(" in {}", base.revision),
            "commit a baseline there first",
        ),
        None => (String::new(), "write it with `cargo whittle baseline`"),
    };
    Error::Baseline {
        file: sides.file.clone(),
        why: format!("the rules are about what is new, and there is no such file{place}"),
        help: help.to_owned(),
    }
}

fn explain(rule: &str, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let Some(rule) = Rule::from_id(rule) else {
        let known = Rule::ALL.map(Rule::id);
        return Err(gate::unknown_rule(rule, &known).into());
    };
    write!(session.out, "{}", gate::explain(rule))?;
    Ok(Outcome::Clean)
}
