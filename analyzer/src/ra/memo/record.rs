//! What is kept of one run, as plain data.

use serde::{Deserialize, Serialize};

use super::spell::Name;
use crate::model::EdgeKind;

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
    pub(crate) texts: Vec<String>,
}

/// An instance of which everything is known.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Node {
    /// Drop glue has none.
    pub(crate) definition: Option<u32>,
    pub(crate) body: Option<u32>,
    /// The type that a built-in derive is of.
    pub(crate) adt: Option<Listed>,
    pub(crate) fallbacks: u32,
    pub(crate) steps: Vec<Step>,
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
        let text = |text: Text| (text as usize) < self.texts.len();
        let below = |index: Option<u32>, len: usize| index.is_none_or(|one| (one as usize) < len);
        self.names.len() == self.nodes.len()
            && self.nodes.iter().all(|node| {
                let mut steps = node.steps.iter();
                below(node.definition, self.definitions.len())
                    && below(node.body, self.bodies.len())
                    && steps.all(|step| (step.to as usize) < self.nodes.len())
            })
            && self
                .definitions
                .iter()
                .all(|one| text(one.label) && one.file.is_none_or(text))
            && self.bodies.iter().all(|body| {
                let mut holes = body.holes.iter();
                text(body.file)
                    && holes.all(|hole| text(hole.reason) && hole.name.is_none_or(text))
                    && body.hidden.iter().copied().all(text)
            })
    }
}
