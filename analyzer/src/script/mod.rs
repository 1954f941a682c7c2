//! Reading build scripts instead of running them.
//!
//! Takes a script's source and the environment cargo would give it, gives what it would tell
//! cargo and write into `OUT_DIR`: an abstract interpreter over the syntax of `build.rs`. It
//! starts no process, opens no connection, writes nothing and reads only files of the
//! package's own folder; what a script writes is kept in memory. Bounded in steps, memory,
//! depth and paths. What cannot be known (does a snippet compile, what does a program say) is
//! decided both ways: what every path says is sure, the rest is a guess and marked as one.
//! No script is known by its package's name; helper crates are modelled in `helpers.rs`.

// Everything that a script can call has one shape, whether it needs all of it or not.
#![expect(
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "functions of one shape"
)]

mod call;
mod cfg;
mod collect;
mod command;
mod control;
mod expr;
mod files;
mod format;
pub mod gated;
mod helpers;
mod interp;
mod items;
mod iterators;
mod json;
mod lines;
mod lists;
mod macros;
mod maps;
mod methods;
mod natives;
mod numbers;
mod operators;
mod oracle;
mod output;
mod paths;
mod pattern;
mod rules;
mod scope;
mod storage;
mod tera;
#[cfg(test)]
mod tests;
mod text;
mod unknown;
mod value;
mod variants;
mod zones;

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use self::cfg::BUILT_IN;
pub(crate) use self::files::Tree;
use self::interp::Interp;
use self::items::{Program, Reader};
use self::oracle::{Oracle, Paths};
use self::output::{Told, merge};

/// What a script is read with.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The package's folder; scripts run there.
    pub folder: String,
    /// The script's file, absolute.
    pub script: String,
    /// Every variable cargo sets for it, `OUT_DIR` too.
    pub env: BTreeMap<String, String>,
    /// Names of those that it may inherit beside them, with values that are not known. All
    /// others are taken to be unset.
    pub inherited: BTreeSet<String>,
    /// Cfgs the script itself is compiled with.
    pub cfgs: Vec<String>,
    pub out_dir: String,
    /// What `rustc -vV` says.
    pub rustc_verbose: String,
    pub sysroot: Option<String>,
    /// `serde_json` keeps the order of entries (its feature `preserve_order`).
    pub keeps_json_order: bool,
}

impl Input {
    /// `1.95.0`, `1.97.0-nightly`.
    fn release(&self) -> &str {
        let line = self
            .rustc_verbose
            .lines()
            .find_map(|line| line.strip_prefix("release: "));
        line.unwrap_or_default()
    }

    fn is_stable(&self) -> bool {
        !self.release().contains("nightly") && !self.release().contains("dev")
    }

    fn minor(&self) -> Option<u32> {
        self.release().split('.').nth(1)?.parse().ok()
    }

    /// Whether a cfg of the target's, or a feature of the package, is on.
    fn is_target_cfg(&self, flag: &str) -> bool {
        let upper = |name: &str| name.to_uppercase().replace('-', "_");
        match flag.split_once('=') {
            Some(("feature", value)) => {
                let name = format!("CARGO_FEATURE_{}", upper(value.trim_matches('"')));
                self.env.contains_key(&name)
            }
            Some((name, value)) => self
                .env
                .get(&format!("CARGO_CFG_{}", upper(name)))
                .is_some_and(|all| all.split(',').any(|one| one == value.trim_matches('"'))),
            None if flag == "debug_assertions" => self.cfgs.iter().any(|cfg| cfg == flag),
            None => self.env.contains_key(&format!("CARGO_CFG_{}", upper(flag))),
        }
    }
}

/// Something that is taken to be so, and why it is not sure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guess {
    /// A cfg, or the name of a variable.
    pub name: String,
    /// What the guess is: on or set.
    pub on: bool,
    /// A variable's value, when it is known.
    pub value: Option<String>,
    pub reason: String,
}

/// What a script would say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Sure, sorted.
    pub cfgs_on: Vec<String>,
    pub cfgs_maybe: Vec<Guess>,
    pub env_on: Vec<(String, String)>,
    pub env_maybe: Vec<Guess>,
    /// Files below `OUT_DIR`, by their path there.
    pub out_files: BTreeMap<String, String>,
    /// Files whose text is not known (or not even their name), and why.
    pub out_files_unknown: Vec<(Option<String>, String)>,
    /// Anything else may be told to cargo: why.
    pub anything: Option<String>,
    /// The script was not understood: why. What its text could emit stands in `cfgs_maybe`.
    pub gave_up: Option<String>,
    /// Variables it asks for that cargo does not set; taken to be unset.
    pub asks_for: Vec<String>,
    /// Files and folders of the package that this depends on, absolute; also where there is
    /// nothing. `None`: not known.
    pub looked_at: Option<BTreeSet<String>>,
}

impl Reading {
    /// Cfgs to load the package with: the sure ones and those guessed to be on.
    pub fn cfgs(&self) -> Vec<String> {
        let guessed = self.cfgs_maybe.iter().filter(|guess| guess.on);
        let guessed = guessed.map(|guess| guess.name.clone());
        let mut cfgs: Vec<String> = self.cfgs_on.iter().cloned().chain(guessed).collect();
        cfgs.sort_unstable();
        cfgs.dedup();
        cfgs
    }

    /// Nothing of it is a guess.
    pub fn is_sure(&self) -> bool {
        self.cfgs_maybe.is_empty()
            && self.env_maybe.is_empty()
            && self.out_files_unknown.is_empty()
            && self.anything.is_none()
            && self.gave_up.is_none()
    }
}

/// Paths through one script.
const MAX_PATHS: usize = 96;
/// The interpreter recurses as the syntax does.
const STACK: usize = 512 << 20;

/// Reads a script. Never fails: what is not understood is said so.
#[must_use]
pub fn read(input: &Input) -> Reading {
    let inner = input.clone();
    let worker = std::thread::Builder::new()
        .name("build-script".to_owned())
        .stack_size(STACK)
        .spawn(move || read_here(&inner));
    let done = worker.ok().and_then(|worker| worker.join().ok());
    done.unwrap_or_else(|| Reading {
        gave_up: Some("the reader failed".to_owned()),
        anything: Some("the reader failed".to_owned()),
        out_files_unknown: vec![(None, "the reader failed".to_owned())],
        ..Reading::default()
    })
}

fn read_here(input: &Input) -> Reading {
    let tree = Tree::new(&input.folder);
    let root = input
        .script
        .strip_prefix(&format!("{}/", tree.root))
        .unwrap_or(&input.script)
        .to_owned();
    let (mut steps, mut bytes) = (0, 0);
    let mut paths = Paths::new(MAX_PATHS);
    let mut told: Vec<Told> = Vec::new();
    let mut trouble = None;
    while let Some(prefix) = paths.next() {
        let program = match Reader::read(&tree, &input.cfgs, &root) {
            Ok(program) => program,
            Err(why) => {
                trouble = Some(why);
                break;
            }
        };
        let mut interp = walk(input, &tree, program, &prefix, (&mut steps, &mut bytes));
        let done = interp.run();
        paths.fork(prefix.len(), &interp.oracle.choices);
        match done {
            Ok(true) => told.push(Told::new(&interp.effects, &interp.oracle.choices, input)),
            Ok(false) => {}
            Err(why) => {
                trouble = Some(why);
                break;
            }
        }
    }
    if trouble.is_none() && !paths.is_complete() {
        trouble = Some("it has too many ways to go".to_owned());
    }
    if trouble.is_none() && told.is_empty() {
        trouble = Some("every way through it fails".to_owned());
    }
    let mut reading = merge(&told);
    if let Some(why) = trouble {
        output::give_up(&mut reading, &tree, &root, why);
    }
    reading.looked_at = Some(tree.asked());
    reading
}

fn walk<'a>(
    input: &'a Input,
    tree: &'a Tree,
    program: Program,
    prefix: &[bool],
    spent: (&'a mut usize, &'a mut usize),
) -> Interp<'a> {
    Interp::new(input, tree, program, Oracle::new(prefix.to_vec()), spent)
}
