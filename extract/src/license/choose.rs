//! Which of the licences offered is taken: the one with the fewest duties that the package allows.

use std::collections::BTreeSet;

use super::expression::{Node, parse, printed};
use super::fit::{self, Fit};
use super::{Class, Offer, Refused, table, text};

/// The package that the copy goes to.
pub(super) struct Host {
    pub(super) expression: String,
    nodes: Vec<Node>,
}

impl Host {
    pub(super) fn new(expression: &str) -> Result<Self, Refused> {
        let nodes = parse(expression).map_err(|why| Refused::HostUnreadable {
            expression: expression.to_owned(),
            why,
        })?;
        Ok(Self {
            expression: printed(&nodes),
            nodes,
        })
    }

    pub(super) fn names(&self, id: &str) -> bool {
        let mut nodes = self.nodes.iter();
        nodes.any(|node| matches!(node, Node::License(one) if one == id))
    }
}

/// Licences that together allow the copy.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) ids: BTreeSet<String>,
    pub(super) class: Class,
    /// None of them is the host's own.
    strange: bool,
}

pub(super) fn choose(
    offered: &[Node],
    host: Option<&Host>,
    offer: &Offer<'_>,
) -> Result<Choice, Refused> {
    let judged = |id: &str| {
        let choice = leaf(id, host)?;
        let known = table::get(id).ok_or_else(|| Refused::Unknown(id.to_owned()))?;
        let has_text = offer
            .texts
            .iter()
            .any(|text| text::is_of(&text.text, known));
        if known.class.needs_text() && !has_text {
            return Err(Refused::NoText(id.to_owned()));
        }
        Ok(choice)
    };
    fold(offered, host, &judged)
}

/// Of `OR` the side with the fewest duties, of `AND` both.
pub(super) fn fold(
    nodes: &[Node],
    host: Option<&Host>,
    leaf: &dyn Fn(&str) -> Result<Choice, Refused>,
) -> Result<Choice, Refused> {
    let mut stack: Vec<Result<Choice, Refused>> = Vec::new();
    for node in nodes {
        let outcome = match node {
            Node::License(id) => leaf(id),
            op => {
                let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else {
                    break;
                };
                if *op == Node::And {
                    both(left, right)
                } else {
                    better(left, right)
                }
            }
        };
        stack.push(outcome);
    }
    let nothing = || Refused::Unknown(host.map_or_else(String::new, |one| one.expression.clone()));
    stack.pop().ok_or_else(nothing)?
}

fn both(left: Result<Choice, Refused>, right: Result<Choice, Refused>) -> Result<Choice, Refused> {
    let (mut left, right) = (left?, right?);
    left.ids.extend(right.ids);
    left.class = left.class.max(right.class);
    left.strange &= right.strange;
    Ok(left)
}

/// Fewest duties first, then the host's own licence, then as it is written. Of two refusals the
/// one that the user can do something about.
fn better(
    left: Result<Choice, Refused>,
    right: Result<Choice, Refused>,
) -> Result<Choice, Refused> {
    match (left, right) {
        (Ok(left), Ok(right)) => {
            let duties = |one: &Choice| {
                // What asks for nothing and what asks for a notice are both easy: the host's own
                // is then the least surprising.
                let easy = one.class.max(Class::Notice);
                (easy, one.strange, one.class, one.ids.len())
            };
            Ok(if duties(&right) < duties(&left) {
                right
            } else {
                left
            })
        }
        (Ok(one), Err(_)) | (Err(_), Ok(one)) => Ok(one),
        (Err(left), Err(right)) => Err(match right {
            Refused::NoText(_) if !matches!(left, Refused::NoText(_)) => right,
            _ => left,
        }),
    }
}

/// One licence by itself.
pub(super) fn leaf(id: &str, host: Option<&Host>) -> Result<Choice, Refused> {
    let known = table::get(id).ok_or_else(|| Refused::Unknown(id.to_owned()))?;
    let choice = Choice {
        ids: BTreeSet::from([id.to_owned()]),
        class: known.class,
        strange: !host.is_some_and(|host| host.names(id)),
    };
    let Some(host) = host else {
        return if known.class.is_permissive() {
            Ok(choice)
        } else {
            Err(Refused::Private(id.to_owned()))
        };
    };
    match fit::fit(known, &host.nodes) {
        Fit::Yes => Ok(choice),
        Fit::Not(why) => Err(Refused::Incompatible {
            license: id.to_owned(),
            host: host.expression.clone(),
            why: why.map(|why| format!(": {why}")).unwrap_or_default(),
        }),
    }
}
