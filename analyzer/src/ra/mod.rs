//! The only place that names rust-analyzer's crates (`ra_ap_*`).
pub(crate) mod answer;
pub(crate) mod collect;
pub(crate) mod engine;
pub(crate) mod database;
pub(crate) mod dispatch;
pub(crate) mod files;
pub(crate) mod instance;
pub(crate) mod items;
pub(crate) mod path;
pub(crate) mod roots;
pub(crate) mod macro_server;
pub(crate) mod span;
pub(crate) mod substitute;
pub(crate) mod taint;
pub(crate) mod template;

use crate::error::Result;
use crate::model::{Analysis, Project};
use crate::options::Options;

pub(crate) fn analyze(project: Project, options: &Options, progress: &dyn Fn(&str)) -> Result<Analysis> {
    let time = std::time::Instant::now();
    let say = |what: &str| progress(&format!("{:.2} {what}", time.elapsed().as_secs_f32()));
    say("loading sources");
    let database = database::load(&project)?;
    let threads = options.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let workers = engine::Workers::new(&database.db, threads)?;
    let found = engine::run(&database, &project, &workers, options.domains, &say);
    say("measuring");
    Ok(answer::assemble(&database, project, options, found, &workers, &say))
}
