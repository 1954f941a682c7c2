//! What is kept of one run, as plain data.

use serde::{Deserialize, Serialize};

use super::closed::Setting;
use super::spell::Name;
use crate::model::{EdgeKind, ExtraKind, Fingerprint, Origin, Power};

/// Index into [`Record::texts`].
pub(crate) type Text = u32;
/// A listed item: the number of its crate among the closed ones, and its row.
pub(crate) type Listed = (u32, u32);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Indexed as `nodes`.
    pub(crate) names: Vec<Name>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) definitions: Vec<Defined>,
    pub(crate) bodies: Vec<Body>,
    pub(crate) places: Vec<Place>,
    pub(crate) extras: Vec<Extra>,
    pub(crate) texts: Vec<String>,
    pub(crate) setting: Setting,
}

/// An instance of which everything is known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Node {
    /// Drop glue has none.
    pub(crate) definition: Option<u32>,
    pub(crate) body: Option<u32>,
    /// The type that a built-in derive is of.
    pub(crate) adt: Option<Listed>,
    /// Index into [`Record::places`].
    pub(crate) place: u32,
    /// An associated const, or a foreign function: index into [`Record::extras`].
    pub(crate) extra: Option<u32>,
    pub(crate) fallbacks: u32,
    pub(crate) steps: Vec<Step>,
    /// Functions with a power that it calls, with the line.
    pub(crate) powers: Vec<(Text, Power, u32)>,
}

/// What says whether an instance leads out of some set of crates.
#[derive(Debug, Default, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The crate of its definition.
    pub(crate) of: Option<u32>,
    /// Those that its arguments mention, sorted; `None` is outside of any set.
    pub(crate) mentions: Vec<Option<u32>>,
}

/// What a reviewer is shown of an item that is not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Extra {
    /// Its crate.
    pub(crate) of: u32,
    pub(crate) kind: ExtraKind,
    pub(crate) path: Text,
    pub(crate) file: Text,
    pub(crate) line: u32,
    pub(crate) lines: u32,
    pub(crate) call_site: Option<(Text, u32)>,
    pub(crate) origin: Origin,
    pub(crate) fingerprint: Fingerprint,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Index into [`Record::nodes`].
    pub(crate) to: u32,
    pub(crate) kind: EdgeKind,
    pub(crate) line: u32,
    pub(crate) in_const: bool,
    pub(crate) escapes: bool,
}

/// What the witness graph says of a definition, and where it is listed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Defined {
    pub(crate) listed: Option<Listed>,
    pub(crate) is_function: bool,
    pub(crate) label: Text,
    pub(crate) file: Option<Text>,
    pub(crate) line: u32,
}

/// What is read off a body besides its edges.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Body {
    pub(crate) name: Name,
    /// Its crate; std's bodies have none, nothing else is asked of them.
    pub(crate) of: Option<u32>,
    /// A declaration without a body is none that was read.
    pub(crate) is_read: bool,
    pub(crate) file: Text,
    pub(crate) holes: Vec<Hole>,
    /// Names in its text, when it has a hole without a name.
    pub(crate) hidden: Vec<Text>,
    /// Types, traits and macros that it uses.
    pub(crate) uses: Vec<Listed>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Hole {
    pub(crate) reason: Text,
    pub(crate) name: Option<Text>,
    pub(crate) line: u32,
}

impl Record {
    pub(crate) fn text(&self, text: Text) -> &str {
        &self.texts[text as usize]
    }

    /// Whether every index leads somewhere: what a later run relies on.
    pub(crate) fn is_whole(&self) -> bool {
        self.names.len() == self.nodes.len()
            && self.nodes.iter().all(|node| self.holds_node(node))
            && self.bodies.iter().all(|body| self.holds_body(body))
            && (self.definitions.iter())
                .all(|one| self.holds(one.label) && one.file.is_none_or(|file| self.holds(file)))
            && self.extras.iter().all(|one| {
                let site = one.call_site.is_none_or(|(file, _)| self.holds(file));
                site && self.holds(one.path) && self.holds(one.file)
            })
    }

    fn holds(&self, text: Text) -> bool {
        (text as usize) < self.texts.len()
    }

    fn holds_node(&self, node: &Node) -> bool {
        let below = |index: Option<u32>, len: usize| index.is_none_or(|one| (one as usize) < len);
        let mut steps = node.steps.iter();
        below(node.definition, self.definitions.len())
            && below(node.body, self.bodies.len())
            && below(Some(node.place), self.places.len())
            && below(node.extra, self.extras.len())
            && steps.all(|step| (step.to as usize) < self.nodes.len())
            && node.powers.iter().all(|(path, ..)| self.holds(*path))
    }

    fn holds_body(&self, body: &Body) -> bool {
        let mut holes = body.holes.iter();
        self.holds(body.file)
            && holes
                .all(|hole| self.holds(hole.reason) && hole.name.is_none_or(|it| self.holds(it)))
            && body.hidden.iter().all(|&name| self.holds(name))
    }
}
