//! What goes into what.
//!
//! A host that offers a choice (`MIT OR Apache-2.0`) must be able to take the code under every
//! one of its licences: its users choose. Of licences that hold together (`AND`) one must fit and
//! none may forbid.

use super::expression::Node;
use super::table::{Class, Known};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    /// Perhaps with what stands in the way.
    Not(Option<String>),
}

/// How a licence stands to one of the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Fits,
    /// Neither takes it in nor forbids it.
    Apart,
    Forbids,
}

pub(super) fn fit(known: &Known, host: &[Node]) -> Fit {
    use Stand::{Apart, Fits, Forbids};
    let mut stack: Vec<Stand> = Vec::new();
    let mut forbids = None;
    for node in host {
        let stand = match node {
            Node::License(id) => {
                let stand = stand(known, id);
                if stand == Forbids && forbids.is_none() {
                    forbids = Some(id.as_str());
                }
                stand
            }
            op => {
                let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else {
                    break;
                };
                match (op, left, right) {
                    (_, Forbids, _) | (_, _, Forbids) => Forbids,
                    (Node::And, Fits, _) | (Node::And, _, Fits) | (_, Fits, Fits) => Fits,
                    _ => Apart,
                }
            }
        };
        stack.push(stand);
    }
    match stack.pop() {
        Some(Fits) => Fit::Yes,
        _ => Fit::Not(
            forbids
                .filter(|_| host.len() > 1)
                .map(|id| format!("`{id}` stands in the way")),
        ),
    }
}

fn stand(known: &Known, host: &str) -> Stand {
    use Stand::{Apart, Fits, Forbids};
    let is_host = known.id == host;
    let of = |families: &[&str]| families.iter().any(|family| host.starts_with(family));
    match known.class {
        Class::Free | Class::Notice => Fits,
        // The FSF: compatible with version 3 of the GNU licences, not with version 2; a package
        // that offers both would lose one. The LLVM exception is there for that.
        Class::Apache if known.id == "Apache-2.0" && of(&["GPL-1", "GPL-2", "LGPL-2"]) => Forbids,
        Class::Apache => Fits,
        // Exhibit B takes the secondary licences (GPL, LGPL, AGPL) away.
        Class::Files if is_host => Fits,
        Class::Files if of(&["GPL-", "LGPL-", "AGPL-"]) => {
            if known.id == "MPL-2.0" && !of(&["GPL-1", "LGPL-2.0"]) {
                Fits
            } else {
                Forbids
            }
        }
        Class::Files => match super::table::get(host).map(|host| host.class) {
            Some(class) if class <= Class::Files => Fits,
            _ => Apart,
        },
        Class::Whole if is_host || known.into.contains(&host) => Fits,
        Class::Whole => match super::table::get(host).map(|host| host.class) {
            Some(Class::Free | Class::Notice) => Apart,
            Some(Class::Apache) if !known.id.starts_with("GPL-2") => Apart,
            _ => Forbids,
        },
    }
}
