//! The figures themselves: what is counted of one package, or summed over the tree.

use std::ops::AddAssign;

use serde::Serialize;

use crate::model::{Item, ItemKind, Origin, Status};

/// How many definitions are used, unknown and unused; the three add up to `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Counts {
    pub used: u64,
    /// Neither used nor unused: the analysis could not decide.
    pub unknown: u64,
    pub unused: u64,
    pub total: u64,
}

impl Counts {
    pub(super) fn add(&mut self, status: Status, number: u64) {
        match status {
            Status::Used => self.used += number,
            Status::Unknown => self.unknown += number,
            Status::Unused => self.unused += number,
        }
        self.total += number;
    }

    /// Used per thousand of the total; `None` when there is nothing to use.
    #[must_use]
    pub fn per_mille(self) -> Option<u64> {
        (self.used * 1000).checked_div(self.total)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.used += other.used;
        self.unknown += other.unknown;
        self.unused += other.unused;
        self.total += other.total;
    }
}

/// How much of the public items the workspace's own code names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Api {
    /// Named by the workspace's own code.
    pub direct: u64,
    /// Nameable from outside the crate.
    pub total: u64,
}

/// The figures of one package, or of the tree, in one domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Figures {
    /// Functions and methods written by hand or by a `macro_rules!`.
    pub functions: Counts,
    /// Functions made by derives; not in `functions`.
    pub derived: Counts,
    /// Structs, enums, unions and type aliases.
    pub types: Counts,
    pub traits: Counts,
    pub consts: Counts,
    pub statics: Counts,
    pub macros: Counts,
    /// Public items of every kind.
    pub public: Api,
    /// Lines of source in functions; a line that two functions share counts once.
    pub lines: Counts,
    /// `unsafe fn`.
    pub unsafe_functions: Counts,
    /// `unsafe { … }` blocks, by the status of the function they stand in.
    pub unsafe_blocks: Counts,
    /// Functions reached that only a macro inside a body makes: in no other figure, because
    /// whether they are seen at all depends on which bodies are walked.
    pub uncounted: u64,
}

impl Figures {
    pub(super) fn add_item(&mut self, item: &Item, status: Status, named: bool) {
        if !item.counted {
            self.uncounted += u64::from(status == Status::Used);
            return;
        }
        self.kind(item).add(status, 1);
        if item.is_public {
            self.public.direct += u64::from(named);
            self.public.total += 1;
        }
        if item.kind.is_function() {
            if item.is_unsafe {
                self.unsafe_functions.add(status, 1);
            }
            self.unsafe_blocks
                .add(status, u64::from(item.unsafe_blocks));
        }
    }

    fn kind(&mut self, item: &Item) -> &mut Counts {
        match item.kind {
            ItemKind::Function | ItemKind::Method | ItemKind::AssociatedFunction => {
                if item.origin == Origin::Derive {
                    &mut self.derived
                } else {
                    &mut self.functions
                }
            }
            ItemKind::Struct | ItemKind::Enum | ItemKind::Union | ItemKind::TypeAlias => {
                &mut self.types
            }
            ItemKind::Trait => &mut self.traits,
            ItemKind::Const => &mut self.consts,
            ItemKind::Static => &mut self.statics,
            ItemKind::Macro => &mut self.macros,
        }
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.functions += other.functions;
        self.derived += other.derived;
        self.types += other.types;
        self.traits += other.traits;
        self.consts += other.consts;
        self.statics += other.statics;
        self.macros += other.macros;
        self.public.direct += other.public.direct;
        self.public.total += other.public.total;
        self.lines += other.lines;
        self.unsafe_functions += other.unsafe_functions;
        self.unsafe_blocks += other.unsafe_blocks;
        self.uncounted += other.uncounted;
    }
}
