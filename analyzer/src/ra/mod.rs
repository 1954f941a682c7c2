//! The only place that names rust-analyzer's crates (`ra_ap_*`).
//!
//! Takes a plain [`Project`], gives a plain [`Analysis`]. In the order data flows: `files` and
//! `database` load, `items` lists, `roots` says where execution starts, `engine` runs the work
//! list over `collect` (one instance → its successors), which reads a body's `template`,
//! `substitute`s concrete arguments and `dispatch`es calls on traits; `answer` turns what was
//! found into plain data. `span` and `path` say where things stand and what they are called.

mod answer;
mod collect;
mod condition;
mod crate_graph;
mod database;
mod dispatch;
mod engine;
mod files;
mod fingerprint;
mod glue;
mod green;
mod headers;
mod instance;
#[cfg(test)]
mod interned;
mod items;
mod macro_models;
mod macro_server;
mod memo;
mod mentions;
mod names;
mod nested;
mod only;
mod parsed;
mod path;
mod powers;
mod roots;
mod schedule;
mod shows;
mod size;
mod slim;
mod span;
mod start;
mod substitute;
mod taint;
mod template;
mod view;
mod visible;
mod watch;
mod workers;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use camino::Utf8Path;

use self::answer::Hidden;
use self::database::Database;
use self::engine::Known;
pub(crate) use self::files::Ahead;
use self::files::Files;
use self::memo::own::Sides;
use self::memo::record::Record;
use self::memo::{Before, Memo};
use self::workers::Workers;
use crate::cache::{Cache, Digest, Hasher, Kind, program, tree};
use crate::error::Result;
use crate::model::{Analysis, Project, Unit};
use crate::models::READERS;
use crate::options::{ExecPolicy, Options, Understand};

/// The answer for a loaded project; `None` when models of macros were to stand for the macros and
/// one refused a call, so that they have to be compiled.
pub(crate) fn analyze(
    project: Project,
    options: &Options,
    cache: &Cache,
    ahead: Ahead,
    progress: &dyn Fn(&str),
) -> Result<Option<Analysis>> {
    progress("loading sources");
    let files = files::read_all(&project, &ahead);
    drop(ahead);
    let contents = files.digests();
    let key = key(&project, options, &contents);
    if let Some(known) = cache.get(Kind::Analysis, key) {
        return Ok(Some(known));
    }
    if may_refuse(&project, options) && cache.get::<()>(Kind::Refused, key).is_some() {
        return Ok(None);
    }
    workers::silence();
    let watch = watch::Watch::default();
    let (inner, options) = (watch.clone(), options.clone());
    let sides = Sides::of(&project, &files);
    let memo_key = memo_key(&project, &options, (&contents, &sides), cache, progress);
    let record = memo_key.and_then(|key| cache.get(Kind::Expansions, key));
    let takes = memo_key.is_some();
    let before = Before { sides, record };
    let answer = watch::run(progress, &watch, move |progress| {
        stages(project, files, &options, before, takes, &inner, progress)
    })??;
    let Some((analysis, record)) = answer else {
        cache.put(Kind::Refused, key, &());
        return Ok(None);
    };
    rayon::join(
        || cache.put(Kind::Analysis, key, &analysis),
        || {
            if let (Some(key), Some(record)) = (memo_key, record) {
                cache.put(Kind::Expansions, key, &record);
            }
        },
    );
    Ok(Some(analysis))
}

/// Whether a model that refuses a call leaves something to be tried.
fn may_refuse(project: &Project, options: &Options) -> bool {
    project.exec == ExecPolicy::Sandbox && !options.all_macros
}

/// What kept expansions depend on, when any may be taken and kept.
fn memo_key(
    project: &Project,
    options: &Options,
    (contents, sides): (&[Digest], &Sides),
    cache: &Cache,
    progress: &dyn Fn(&str),
) -> Option<Digest> {
    if !cache.is_on() {
        return None;
    }
    // Probing and understanding ask for bodies of instances, which a memo has not.
    let asks = !options.probe.is_empty() || options.understand != Understand::Nothing;
    let bodies = asks.then(|| "every body is asked for".to_owned());
    if let Some(why) = bodies.or_else(|| sides.mixed.clone()) {
        progress(&format!("nothing taken over: {why}"));
        return None;
    }
    memo::key::key(project, contents, sides)
}

/// Folders of which models of macros may read any file.
fn read_by_models(project: &Project) -> BTreeSet<&Utf8Path> {
    let reads = |unit: &Unit| {
        unit.dependencies.iter().any(|dependency| {
            let package = project.units[dependency.unit].package;
            READERS.contains(&project.packages[package].name.as_str())
        })
    };
    let users = project.units.iter().filter(|unit| reads(unit));
    users
        .map(|unit| project.packages[unit.package].manifest_dir.as_path())
        .collect()
}

/// Everything that the analysis of a project depends on.
fn key(project: &Project, options: &Options, contents: &[Digest]) -> Digest {
    let mut hasher = Hasher::default();
    program(&mut hasher);
    hasher.text(&format!(
        "{:?} {:?} {:?} {:?}",
        options.domains, options.probe, options.understand, options.start
    ));
    hasher.bytes(&postcard::to_stdvec(project).unwrap_or_default());
    for unit in &project.units {
        let dylib = unit.proc_macro_dylib.as_ref();
        let facts = dylib.and_then(|path| path.metadata().ok());
        let facts = facts.map(|facts| (facts.len(), facts.modified().ok()));
        hasher.text(&format!("{facts:?}"));
    }
    for folder in read_by_models(project) {
        hasher.text(&format!("{:?}", tree(folder)));
    }
    for content in contents {
        hasher.bytes(&content.0);
    }
    hasher.finish()
}

fn stages(
    project: Project,
    files: Files,
    options: &Options,
    before: Before,
    takes: bool,
    watch: &watch::Watch,
    progress: &dyn Fn(&str),
) -> Result<Option<(Analysis, Option<Record>)>> {
    let files = files.slim(&project).shallow(&project)?;
    let_go();
    let may_refuse = may_refuse(&project, options);
    let mut database = database::load(&project, files, &before.sides)?;
    let threads = options.threads.map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    let mut workers = Workers::new(&database, threads, watch.clone())?;
    let listed = engine::list(&database, &workers, progress);
    // Calls among items are all made by now.
    if may_refuse && database.macro_server.was_refused() {
        leave(Some((workers, database)));
        return Ok(None);
    }
    let hidden = Hidden::find(&database, &project, &listed.crates, &workers);
    let doubtful = hidden.doubtful(&project);
    let memo = takes.then_some(before).map_or_else(Memo::none, |before| {
        Memo::new(before, &database, &project, &listed, &workers, progress)
    });
    let known = Known {
        listed,
        doubtful,
        memo,
    };
    let found = engine::walk(
        &mut database,
        &project,
        &mut workers,
        known,
        options,
        progress,
    );
    progress("measuring");
    let answer = answer::assemble(
        &database, project, options, hidden, found, &workers, progress,
    );
    let is_refused = may_refuse && database.macro_server.was_refused();
    leave(Some((workers, database)));
    Ok((!is_refused).then_some(answer))
}

/// Makes room, where what an analysis left would be held for long.
pub(crate) fn let_go() {
    leave(None);
}

/// Freeing a gigabyte of small pieces keeps two processors busy for as long as resolving a large
/// crate does, and the end of the process does it at once. So what an analysis leaves stays until
/// another one begins, or [`let_go`]. The threads stay, too: of one that ended, the allocator goes
/// through every page when the process ends.
fn leave(left: Option<(Workers, Database)>) {
    static LEFT: Mutex<Option<(Workers, Database)>> = Mutex::new(None);
    if let Some((_, database)) = &left {
        database.macro_server.end();
    }
    let before = {
        let mut place = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, left)
    };
    if before.is_some() {
        std::thread::spawn(move || drop(before));
    }
}
