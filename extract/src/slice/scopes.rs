//! Where modules are known, and by which names: what imports make of the module tree.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Found, Index, ModuleId};
use super::names::Walked;

/// A name in a module.
type Alias = (ModuleId, String);

pub(super) struct Scopes {
    /// By leaf: where it leads, as far as the module tree says.
    pub(super) leaves: Vec<Walked>,
    /// By module: modules that import everything of it.
    pub(super) glob_users: Vec<BTreeSet<ModuleId>>,
    /// By module: where and under which names it is known.
    aliases: Vec<BTreeSet<Alias>>,
    /// The other way round.
    by_alias: BTreeMap<Alias, BTreeSet<ModuleId>>,
}

impl Scopes {
    pub(super) fn of(index: &Index) -> Self {
        let leaves: Vec<Walked> = (0..index.leaves.len())
            .map(|leaf| index.walk_leaf(leaf))
            .collect();
        let mut glob_users = vec![BTreeSet::new(); index.modules.len()];
        let mut aliases = vec![BTreeSet::new(); index.modules.len()];
        for (id, module) in index.modules.iter().enumerate() {
            if let (Some(parent), Some(name)) = (module.parent, module.path.last()) {
                aliases[id].insert((parent, name.clone()));
            }
        }
        for (leaf, walked) in leaves.iter().enumerate() {
            let of = &index.leaves[leaf];
            let module = index.items[of.item].module;
            for target in &walked.ends {
                match (*target, &of.leaf.name) {
                    (Found::Module(target), Some(name)) => {
                        aliases[target].insert((module, name.clone()));
                    }
                    (Found::Module(target), None) if of.leaf.glob => {
                        glob_users[target].insert(module);
                    }
                    _ => {}
                }
            }
        }
        let mut by_alias: BTreeMap<Alias, BTreeSet<ModuleId>> = BTreeMap::new();
        for (id, aliases) in aliases.iter().enumerate() {
            for alias in aliases {
                by_alias.entry(alias.clone()).or_default().insert(id);
            }
        }
        Self {
            leaves,
            glob_users,
            aliases,
            by_alias,
        }
    }

    /// Modules that have the same name in the same place under other conditions, by declaration
    /// or by import.
    pub(super) fn counterparts(&self, module: ModuleId) -> BTreeSet<ModuleId> {
        let mut out = BTreeSet::new();
        for alias in &self.aliases[module] {
            out.extend(&self.by_alias[alias]);
        }
        out.remove(&module);
        out
    }
}
