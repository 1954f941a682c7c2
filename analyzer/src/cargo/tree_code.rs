//! What build scripts say and which macros are compiled, whatever the policy: what may and has to run
//! is run, what is left is read or modelled.

use std::collections::BTreeSet;

use super::Start;
use super::allowed::{self, Gate};
use super::build_results::BuildResults;
use super::build_scripts::{self, May};
use super::needed::{Needed, Question, needed};
use super::policy;
use super::script_match::{self, ScriptOutput};
use super::script_read;
use crate::error::Result;
use crate::execution::Execution;
use crate::options::{ExecPolicy, Options};
use crate::sandbox::inherited;

/// What is known of the tree's code when nothing of it runs any more.
pub(super) struct TreeCode {
    pub(super) results: BuildResults,
    /// Of each script run, indexed as the graph's units.
    pub(super) script_outputs: Vec<Option<ScriptOutput>>,
    pub(super) execution: Execution,
    /// The policy that was in effect in the end.
    pub(super) exec: ExecPolicy,
    /// Packages of macros that models stand for, by their ids.
    pub(super) modelled: BTreeSet<String>,
}

/// Lets run what `options.exec` allows; `reader` reads the rest.
pub(super) fn settle(
    start: &Start<'_>,
    options: &Options,
    mut reader: script_read::Context<'_>,
    notices: &mut Vec<String>,
    progress: &dyn Fn(&str),
) -> Result<TreeCode> {
    let Start {
        tools,
        place,
        out_dir,
        host,
        ..
    } = start;
    let (graph, facts) = (reader.graph, reader.facts);
    let home = tools.cargo_home();
    let mut gate = Gate::default();
    let needs: Needed;
    let mut readings = Vec::new();
    let mut modelled = BTreeSet::new();
    let may = match options.exec {
        ExecPolicy::Never => {
            let (list, refused) = policy::allowed(options, tools, facts);
            notices.extend(refused);
            let why = build_scripts::NEVER;
            gate = allowed::judge(&list, why, graph, facts, &place.lock, home.as_deref())?;
            May::Allowed(&gate)
        }
        ExecPolicy::Sandbox => {
            progress("reading build scripts");
            reader.inherited = inherited();
            (readings, _) = script_read::outputs(&reader);
            let question = Question {
                graph,
                facts,
                lock: &place.lock,
                cargo_home: home.as_deref(),
                rustc: &host.version,
                all_macros: options.all_macros,
            };
            needs = needed(&question, &readings)?;
            modelled.clone_from(&needs.modelled);
            May::Needed(&needs)
        }
        ExecPolicy::Trust => May::All,
    };
    let step = build_scripts::Place {
        target_dir: build_scripts::target_dir(&may, out_dir),
        out_dir,
        sysroot: &host.sysroot,
    };
    let results = build_scripts::run(tools, options, graph, facts, &may, &step, progress)?;
    notices.append(&mut gate.notices);
    notices.extend(results.notices());
    let execution = gate.settle(&results, notices);
    let exec = results.in_effect(options.exec);
    let script_outputs = match exec {
        ExecPolicy::Never => {
            progress("reading build scripts");
            reader.inherited = BTreeSet::new();
            reader.ran = script_match::ran(graph, facts, &results, notices);
            let (outputs, told) = script_read::outputs(&reader);
            notices.extend(told);
            outputs
        }
        ExecPolicy::Sandbox => script_match::ran_or_read(graph, facts, &results, readings, notices),
        ExecPolicy::Trust => script_match::outputs(graph, facts, &results, notices),
    };
    Ok(TreeCode {
        results,
        script_outputs,
        execution,
        exec,
        modelled,
    })
}
