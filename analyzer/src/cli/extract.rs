//! `cargo whittle extract`.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use whittle_extract::plan::Plan;
use whittle_extract::record::Mode;
use whittle_extract::rewrite::Allow;

use crate::copies;
use crate::error::Outcome;
use crate::model::Domains;
use crate::options::Understand;
use crate::own::{self, Applied, Asked, Undone};
use crate::report::text::{json_safe, plural, sanitize};

use super::args::AnalysisArgs;
use super::{Failure, Session};

pub(super) const AFTER_HELP: &str = "\
Without --apply nothing is done: the plan says which items would be taken, what changes where, and
what stands in the way.

  cargo whittle extract itoa                  what owning the reached part of itoa would mean
  cargo whittle extract itoa --apply          do it
  cargo whittle extract itoa --as crate       as a trimmed crate of the workspace
  cargo whittle extract itoa --undo           bring the dependency back

Before anything is written the result is built and tested in a copy of the workspace, by the
execution policy, and measured again. Exits with 1 when it is refused. See docs/OWNING.md.";

#[derive(Debug, Args)]
pub(crate) struct ExtractArgs {
    /// Dependency to own: `name` or `name@version`
    #[arg(value_name = "CRATE")]
    dependency: String,
    /// Items to take [default: what the package uses]
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// Do it
    #[arg(long)]
    apply: bool,
    /// Bring the dependency back, while nothing else touched what the extraction changed
    #[arg(long, conflicts_with_all = ["apply", "paths"])]
    undo: bool,
    /// Where the copy lives
    #[arg(long = "as", value_enum, value_name = "FORM", default_value = "module")]
    form: Form,
    /// Folder for all copies [default: src/whittled, for crates: whittled]
    #[arg(long, value_name = "DIR")]
    into: Option<Utf8PathBuf>,
    /// Take what is refused otherwise
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    allow: Vec<AllowArg>,
    /// Work on a tree with changes that are not committed
    #[arg(long)]
    allow_dirty: bool,
    /// Text of the licence, where the package does not hold it
    #[arg(long, value_name = "PATH")]
    license_file: Option<Utf8PathBuf>,
    /// How to print the plan
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    pub(crate) analysis: AnalysisArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A module of the package that uses it
    Module,
    /// A crate of the workspace
    Crate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AllowArg {
    /// Inline assembly
    Asm,
    /// Vector instructions
    Simd,
    /// Declarations of foreign functions
    Extern,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

impl ExtractArgs {
    fn asked(&self) -> Asked {
        let allow = self.allow.iter().map(|it| match it {
            AllowArg::Asm => Allow::Asm,
            AllowArg::Simd => Allow::Simd,
            AllowArg::Extern => Allow::Extern,
        });
        Asked {
            dependency: self.dependency.clone(),
            paths: self.paths.clone(),
            mode: match self.form {
                Form::Module => Mode::Module,
                Form::Crate => Mode::Crate,
            },
            into: self.into.clone(),
            allow: allow.collect(),
            allow_dirty: self.allow_dirty,
            license_file: self.license_file.clone(),
        }
    }
}

pub(super) fn run(args: &ExtractArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    if args.undo {
        return undo(args, session);
    }
    let asked = args.asked();
    let mut options = super::options(&args.analysis)?;
    // Every target may use it, and has to go on working.
    options.selection.all_targets = true;
    options.domains |= Domains::DEV;
    options.understand = Understand::Named(vec![asked.dependency.clone()]);
    let analysis = session.analyze(&options)?;
    session.notes(&analysis);
    if !args.apply {
        let plan = own::plan(&analysis, &asked)?;
        print(args, &plan, session)?;
        return Ok(if plan.refusals.is_empty() {
            Outcome::Clean
        } else {
            Outcome::Findings
        });
    }
    let analyze = session.analyze;
    let outcome = session.progress(|progress| {
        let say = |what: &str| progress.say(what);
        let again = |options: &_| analyze(options, &say);
        own::apply(&analysis, &asked, &options, &again, &say)
    })?;
    match outcome {
        own::Outcome::Refused(plan) => {
            print(args, &plan, session)?;
            Ok(Outcome::Findings)
        }
        own::Outcome::Applied(applied) => {
            done(args, &applied, session)?;
            Ok(Outcome::Clean)
        }
    }
}

fn undo(args: &ExtractArgs, session: &mut Session<'_>) -> Result<Outcome, Failure> {
    let manifest = super::options(&args.analysis)?.selection.manifest_path;
    let layout = session.layout(manifest)?;
    let owned = copies::find(&layout)?;
    match own::undo(&layout.root, &owned, &args.dependency)? {
        Undone::Done { name, files, notes } => {
            for note in &notes {
                session.note(note);
            }
            let files = plural(files as u64, "file", "files");
            let line = format!("{name} is a dependency again; {files} changed back");
            writeln!(session.out, "{}", sanitize(&line))?;
            Ok(Outcome::Clean)
        }
        Undone::Refused(wrong) => {
            writeln!(session.out, "Not undone:")?;
            for line in &wrong {
                writeln!(session.out, "  {}", sanitize(line))?;
            }
            writeln!(
                session.out,
                "  instead: take those changes back, or revert the commit"
            )?;
            Ok(Outcome::Findings)
        }
    }
}

fn print(args: &ExtractArgs, plan: &Plan, session: &mut Session<'_>) -> Result<(), Failure> {
    match args.format {
        Format::Text => {
            for line in plan.text().lines() {
                writeln!(session.out, "{}", sanitize(line))?;
            }
        }
        Format::Json => {
            let text = serde_json::to_string_pretty(&plan.document())?;
            writeln!(session.out, "{}", json_safe(text))?;
        }
    }
    Ok(())
}

fn done(args: &ExtractArgs, applied: &Applied, session: &mut Session<'_>) -> Result<(), Failure> {
    print(args, &applied.plan, session)?;
    for note in &applied.notes {
        session.note(note);
    }
    let files = plural(applied.files as u64, "file", "files");
    let tests = match applied.tests {
        None => "its tests do not build, as they did not before: nothing was compared".to_owned(),
        Some(0) => "there are no tests to compare".to_owned(),
        Some(1) => "its test gives what it gave".to_owned(),
        Some(number) => format!("its {number} tests give what they gave"),
    };
    session.note(&format!(
        "done: {files} written; it builds as before, and {tests}"
    ));
    Ok(())
}
