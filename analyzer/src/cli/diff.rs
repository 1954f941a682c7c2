//! `cargo whittle diff`.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use crate::diff::{self, Input, Side};
use crate::error::{Error, Outcome, Result};
use crate::model::Analysis;
use crate::options::Options;
use crate::revision::{self, Checkout, Repository};

use super::args::AnalysisArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
A side is a revision of the repository that the workspace is in, or a lock file (when a file of
that name is there): then it is the working tree with that lock file. Without a second one the
working tree is compared.

  cargo whittle diff main                     what this branch changes
  cargo whittle diff v1.2 v1.3 --format markdown
  cargo whittle diff Cargo.lock.before        what `cargo update` brought

Both sides are analyzed with the same flags and policy, laid out below target/whittle; nothing is
fetched, no hook is run. See docs/REVIEW.md.";

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// What to compare with: a revision or a lock file
    #[arg(value_name = "FROM")]
    from: String,
    /// What to look at [default: the working tree]
    #[arg(value_name = "TO")]
    to: Option<String>,
    /// How to print the difference
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Only say what differs, without the lines
    #[arg(long)]
    stat: bool,
    /// Exit with 1 when anything differs
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
    /// For pull requests: at most 65,000 characters
    Markdown,
}

/// A tree to analyze; what is laid out stays until it was compared.
struct Tree {
    side: Side,
    options: Options,
    checkout: Option<Checkout>,
    /// What fetches its sources.
    fetch: String,
}

pub(super) fn run(args: &DiffArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let options = super::options(&args.analysis)?;
    let layout = session.layout(options.selection.manifest_path.clone())?;
    let (root, own) = (layout.root, layout.own);
    let place = Place {
        manifest: manifest_in(&root, options.selection.manifest_path.as_deref())?,
        root,
        own,
    };
    let from = place.tree(&args.from, &options)?;
    let to = match &args.to {
        Some(name) => place.tree(name, &options)?,
        None => Tree {
            side: Side {
                name: "working tree".to_owned(),
                commit: None,
            },
            options: options.clone(),
            checkout: None,
            fetch: "cargo fetch --locked".to_owned(),
        },
    };
    let old = analyze(&from, session)?;
    let new = analyze(&to, session)?;
    let diff = diff::compare(
        Input {
            side: &from.side,
            analysis: &old,
        },
        Input {
            side: &to.side,
            analysis: &new,
        },
    );
    session.notes(&new);
    match args.format {
        Format::Table => diff::table(&diff, !args.stat, session.paint, session.out)?,
        Format::Json => diff::json(&diff, session.out)?,
        Format::Markdown => diff::markdown(&diff, !args.stat, session.out)?,
    }
    Ok(if args.exit_code && !diff.is_empty() {
        Outcome::Findings
    } else {
        Outcome::Clean
    })
}

fn analyze(tree: &Tree, session: &mut Session<'_>) -> Result<Analysis> {
    if let Some(checkout) = &tree.checkout
        && let Some(first) = checkout.laid_out.left_out.first()
    {
        let more = match checkout.laid_out.left_out.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        session.note(&format!(
            "{} was laid out without {first}{more}",
            tree.side.name
        ));
    }
    session.analyze(&tree.options).map_err(|error| match error {
        Error::NotFetched(why) => Error::SideNotFetched {
            side: tree.side.shown(),
            why,
            command: tree.fetch.clone(),
        },
        other => other,
    })
}

/// The workspace that is compared.
struct Place {
    root: Utf8PathBuf,
    own: Utf8PathBuf,
    /// The selected manifest, as seen from the root.
    manifest: Utf8PathBuf,
}

impl Place {
    fn tree(&self, name: &str, options: &Options) -> Result<Tree> {
        if Utf8Path::new(name).is_file() {
            self.lock_file(Utf8Path::new(name), options)
        } else {
            self.revision(name, options)
        }
    }

    fn revision(&self, name: &str, options: &Options) -> Result<Tree> {
        let repository = Repository::open(&self.root)?;
        let commit = repository.resolve(name)?;
        let checkout = repository.check_out(&commit, &self.own)?;
        let manifest = repository.prefix().join("Cargo.toml");
        Ok(Tree {
            side: Side {
                name: name.to_owned(),
                commit: Some(commit.id.clone()),
            },
            options: self.options(options, &checkout),
            checkout: Some(checkout),
            fetch: format!(
                "git worktree add ../before {} && cargo fetch --locked --manifest-path ../before/{manifest}",
                commit.short()
            ),
        })
    }

    fn lock_file(&self, file: &Utf8Path, options: &Options) -> Result<Tree> {
        let lock = fs::read(file).map_err(|why| Error::Io {
            action: "read",
            path: file.to_owned(),
            why: why.to_string(),
        })?;
        // Path dependencies may stand beside the workspace, in the same repository.
        let repository = Repository::open(&self.root).ok();
        let (top, prefix) = repository.as_ref().map_or_else(
            || (self.root.clone(), Utf8PathBuf::new()),
            |repository| (repository.root().to_owned(), repository.prefix().to_owned()),
        );
        let checkout = revision::with_lock_file(&top, &prefix, &self.own, &lock)?;
        Ok(Tree {
            side: Side {
                name: file.to_string(),
                commit: None,
            },
            options: self.options(options, &checkout),
            checkout: Some(checkout),
            fetch: format!("cargo fetch --locked` with `{file}` in the place of `Cargo.lock"),
        })
    }

    fn options(&self, options: &Options, checkout: &Checkout) -> Options {
        let mut options = options.clone();
        options.selection.manifest_path = Some(checkout.workspace().join(&self.manifest));
        options.selection.target_dir = Some(checkout.target_dir().to_owned());
        options
    }
}

/// The manifest that cargo takes, as seen from the workspace's root: the named one, or the
/// nearest above the current folder.
fn manifest_in(root: &Utf8Path, named: Option<&Utf8Path>) -> Result<Utf8PathBuf> {
    let none = |path: &Utf8Path| Error::NoManifest(path.to_owned());
    let here = std::env::current_dir().ok();
    let here = here.and_then(|here| Utf8PathBuf::from_path_buf(here).ok());
    let here = here.ok_or_else(|| none(Utf8Path::new(".")))?;
    let manifest = match named {
        Some(path) => here.join(path),
        None => here
            .ancestors()
            .map(|folder| folder.join("Cargo.toml"))
            .find(|manifest| manifest.is_file())
            .ok_or_else(|| none(&here))?,
    };
    let real = |path: &Utf8Path| path.canonicalize_utf8().map_err(|_| none(path));
    let (manifest, root) = (real(&manifest)?, real(root)?);
    let below = manifest.strip_prefix(&root);
    below
        .map(Utf8Path::to_owned)
        // A member outside of the root's folder.
        .map_err(|_| Error::Usage(format!("`{manifest}` is not below `{root}`")))
}
