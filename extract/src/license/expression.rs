//! Licence expressions: read by SPDX's rules, in today's spelling.

use spdx::expression::{ExprNode, Operator};
use spdx::{Expression, ParseMode};

/// crates.io took `MIT/Apache-2.0` for a long time. Names that are near a licence's are not taken.
const MODE: ParseMode = ParseMode {
    allow_slash_as_or_operator: true,
    allow_imprecise_license_names: false,
    allow_postfix_plus_on_gpl: true,
    allow_deprecated: true,
    allow_unknown: false,
};
/// No expression of a published crate comes near.
const LONGEST: usize = 1000;

/// A licence expression, operands first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    License(String),
    And,
    Or,
}

pub(super) fn parse(expression: &str) -> Result<Vec<Node>, String> {
    if expression.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let parsed = Expression::parse_mode(expression, MODE).map_err(|why| why.reason.to_string())?;
    let nodes = parsed.iter().map(|node| match node {
        ExprNode::Op(Operator::And) => Node::And,
        ExprNode::Op(Operator::Or) => Node::Or,
        ExprNode::Req(req) => Node::License(spelled(&req.req.to_string())),
    });
    Ok(nodes.collect())
}

/// GNU licences as they are spelled today; `+` of others says nothing for a copy.
fn spelled(id: &str) -> String {
    let (base, later) = match id.strip_suffix('+') {
        Some(base) => (base, true),
        None => (id, false),
    };
    let is_gnu = ["GPL-", "LGPL-", "AGPL-"]
        .iter()
        .any(|family| base.starts_with(family));
    let is_exact = base.ends_with("-only") || base.ends_with("-or-later");
    match (is_gnu && !is_exact && !base.contains(' '), later) {
        (true, true) => format!("{base}-or-later"),
        (true, false) => format!("{base}-only"),
        (false, _) => base.to_owned(),
    }
}

pub(super) fn printed(nodes: &[Node]) -> String {
    let mut stack: Vec<(String, bool)> = Vec::new();
    for node in nodes {
        let (text, is_or) = match node {
            Node::License(id) => (id.clone(), false),
            op => {
                let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else {
                    continue;
                };
                let is_and = *op == Node::And;
                let side = |(text, is_or): (String, bool)| {
                    if is_and && is_or {
                        format!("({text})")
                    } else {
                        text
                    }
                };
                let word = if is_and { "AND" } else { "OR" };
                (format!("{} {word} {}", side(left), side(right)), !is_and)
            }
        };
        stack.push((text, is_or));
    }
    stack.pop().map(|(text, _)| text).unwrap_or_default()
}
