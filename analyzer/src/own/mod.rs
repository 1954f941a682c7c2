//! Owning what is reached of a dependency instead of depending on it: the pipeline.
//!
//! [`plan`] says what would be done, from the analysis and the texts alone. [`apply`] does it:
//!
//! 1. the plan, with what the licence, the state of the work tree and the policy have against it;
//! 2. the **trial** in a scratch copy: the package as it is is checked and tested; then, with the
//!    copy in place of the dependency, what the compiler calls unneeded is taken out until nothing
//!    more can go, and everything is held against how it was: warnings, other features, tests,
//!    other targets;
//! 3. a new **measurement** of the scratch copy: the dependency is gone, the rest is reached as it
//!    was;
//! 4. the **journal** moves the files into the workspace, all or none.
//!
//! Nothing of the workspace is touched before step 4, and nothing gets there unverified.

mod asked;
mod build_script;
mod check;
mod compare_tests;
mod compiles;
mod edition;
mod extraction;
mod files;
mod gather;
pub(crate) mod journal;
mod judge;
mod manifests;
mod measured;
mod needed;
mod notes;
mod prune;
mod scratch;
mod survey;
mod trial;
mod undo;

use whittle_extract::plan::Plan;
use whittle_extract::refuse::{Reason, Refusal};

pub(crate) use self::asked::Asked;
pub(crate) use self::compiles::{Compiled, Compiles, compiles};
use self::extraction::Extraction;
use self::journal::Change;
pub(crate) use self::survey::{Survey, survey};
use self::trial::Trial;
pub(crate) use self::undo::{Undone, undo};
use crate::cache::Digest;
use crate::error::Result;
use crate::model::Analysis;
use crate::options::{ExecPolicy, Options, Understand};
use crate::revision::Repository;

/// What was done.
pub(crate) struct Applied {
    pub(crate) plan: Plan,
    /// How many files were written.
    pub(crate) files: usize,
    /// Tests that gave what they gave before; `None`: they did not build, as before.
    pub(crate) tests: Option<usize>,
    pub(crate) notes: Vec<String>,
}

/// What [`apply`] comes to.
pub(crate) enum Outcome {
    Applied(Box<Applied>),
    /// Its refusals say why.
    Refused(Box<Plan>),
}

/// What would be done.
///
/// # Errors
/// When there is no such dependency, or a file cannot be read.
pub(crate) fn plan(analysis: &Analysis, asked: &Asked) -> Result<Plan> {
    let mut extraction = Extraction::new(analysis, asked)?;
    first_plan(&mut extraction)
}

/// Does it. `analyze` measures again.
///
/// # Errors
/// When something cannot be read, run or written; the workspace is then as it was.
pub(crate) fn apply(
    analysis: &Analysis,
    asked: &Asked,
    options: &Options,
    analyze: &dyn Fn(&Options) -> Result<Analysis>,
    progress: &dyn Fn(&str),
) -> Result<Outcome> {
    let mut extraction = Extraction::new(analysis, asked)?;
    let plan = first_plan(&mut extraction)?;
    if !plan.refusals.is_empty() {
        return Ok(Outcome::Refused(Box::new(plan)));
    }
    let options = Options {
        exec: analysis.project.exec,
        ..options.clone()
    };
    // Building takes minutes, and wants memory, too.
    crate::ra::let_go();
    let mut trial = Trial::new(&extraction, &options, progress)?;
    let before = match trial.before(&extraction)? {
        Ok(before) => before,
        Err(refusals) => return Ok(refused(plan, refusals)),
    };
    let tried = match trial.run(&mut extraction, &before)? {
        Ok(tried) => tried,
        Err(refusals) => return Ok(refused(plan, refusals)),
    };
    let mut plan = tried.planned.plan;
    progress("measuring what is reached with the copy");
    let after = analyze(&Options {
        understand: Understand::Nothing,
        ..trial.scratch.options(&options)
    })?;
    let (refusals, notes) = measured::judge(&extraction, &after);
    if !refusals.is_empty() {
        return Ok(refused(plan, refusals));
    }
    progress("moving the files into their places");
    let after = tried.files.after.iter();
    let changes: Vec<Change> = after
        .map(|(path, bytes)| Change {
            path: path.clone(),
            before: tried.files.before.get(path).map(|it| Digest::of(it)),
            after: Some(bytes.clone()),
        })
        .collect();
    journal::apply(&trial.scratch.original, &changes)?;
    plan.applied = true;
    Ok(Outcome::Applied(Box::new(Applied {
        plan,
        files: changes.len(),
        tests: tried.tests,
        notes: tried.notes.into_iter().chain(notes).collect(),
    })))
}

fn refused(mut plan: Plan, refusals: Vec<Refusal>) -> Outcome {
    for refusal in refusals {
        plan.refuse(refusal);
    }
    Outcome::Refused(Box::new(plan))
}

/// The plan before any compiler's word, with what the workspace and the policy have against it.
fn first_plan(extraction: &mut Extraction<'_>) -> Result<Plan> {
    let mut plan = planned(extraction)?;
    if let Some(refusal) = dirty(extraction)? {
        plan.refuse(refusal);
    }
    Ok(plan)
}

/// The same whatever is committed at the moment.
fn planned(extraction: &mut Extraction<'_>) -> Result<Plan> {
    let choice = extraction.choice();
    let mut plan = extraction.plan(&choice)?.plan;
    for refusal in [denied(extraction), owned(extraction)]
        .into_iter()
        .flatten()
    {
        plan.refuse(refusal);
    }
    Ok(plan)
}

/// Nothing is applied unverified, and verifying runs code.
fn denied(extraction: &Extraction<'_>) -> Option<Refusal> {
    let project = &extraction.analysis.project;
    if project.exec != ExecPolicy::Never {
        return None;
    }
    let sandbox = project.notices.iter().find(|it| it.contains("sandbox"));
    let why = match sandbox {
        _ if project.tightened => "the workspace itself asks for `exec = \"never\"`",
        Some(notice) => notice,
        None => "`--exec never`",
    };
    let what = format!("the package with its copy ({why})");
    Some(Refusal::new(Reason::ExecutionDenied, what))
}

fn owned(extraction: &Extraction<'_>) -> Option<Refusal> {
    let folder = extraction.folder();
    let there = extraction.analysis.project.workspace_root.join(&folder);
    let what = format!("`{}` (`{folder}` is there)", extraction.upstream().name);
    let is_there = there.symlink_metadata().is_ok();
    is_there.then(|| Refusal::new(Reason::AlreadyOwned, what))
}

fn dirty(extraction: &Extraction<'_>) -> Result<Option<Refusal>> {
    let project = &extraction.analysis.project;
    if extraction.asked.allow_dirty {
        return Ok(None);
    }
    let Ok(repository) = Repository::open(&project.workspace_root) else {
        return Ok(None);
    };
    let Ok(head) = repository.resolve("HEAD") else {
        return Ok(None);
    };
    let changed = repository.changes(&head, &project.out_dir)?;
    let more = match changed.len() {
        0 => return Ok(None),
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let what = format!("`{}`{more}", changed[0]);
    Ok(Some(Refusal::new(Reason::DirtyTree, what)))
}
