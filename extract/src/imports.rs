//! `use` trees, leaf by leaf: what each leaf names, and the bytes that go with those that go.
//!
//! Groups stay groups, even with one leaf in them: what stays is token for token as it was.

use syn::{ItemUse, UseTree};

use crate::edit::Span;
use crate::pieces::Places;

/// A path that a `use` declaration ends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// Segments, `self` at the end left out, the star of a glob too.
    pub(crate) path: Vec<String>,
    /// Starts with `::`.
    pub(crate) absolute: bool,
    /// What it is called here: `None` for globs and `_`.
    pub(crate) name: Option<String>,
    pub(crate) glob: bool,
    /// The last name of its path, or its star.
    pub(crate) at: u32,
    /// Its part of the tree: all of it when there are no groups.
    pub(crate) span: Span,
}

/// The leaves in the order of the text.
pub(crate) fn leaves(item: &ItemUse, places: Places) -> Vec<Leaf> {
    let mut out = Vec::new();
    let mut path = Vec::new();
    let walk = Walk {
        places,
        absolute: item.leading_colon.is_some(),
    };
    walk.tree(&item.tree, &mut path, None, &mut out);
    out
}

struct Walk {
    places: Places,
    absolute: bool,
}

impl Walk {
    fn tree(
        &self,
        tree: &UseTree,
        path: &mut Vec<String>,
        start: Option<u32>,
        out: &mut Vec<Leaf>,
    ) {
        let whole = self.places.of(tree);
        let start = start.unwrap_or(whole.start);
        let leaf = |path: Vec<String>, name: Option<String>, at: u32| Leaf {
            path,
            absolute: self.absolute,
            name,
            glob: false,
            at,
            span: Span::new(start, whole.end),
        };
        match tree {
            UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.tree(&step.tree, path, Some(start), out);
                path.pop();
            }
            UseTree::Name(name) => {
                let at = self.places.of(&name.ident).start;
                let path = extended(path, &name.ident);
                let bound = path.last().cloned();
                out.push(leaf(path, bound, at));
            }
            UseTree::Rename(rename) => {
                let at = self.places.of(&rename.ident).start;
                let bound = rename.rename.to_string();
                let bound = Some(bound).filter(|bound| bound != "_");
                out.push(leaf(extended(path, &rename.ident), bound, at));
            }
            UseTree::Glob(glob) => {
                let at = self.places.of(glob).start;
                let mut leaf = leaf(path.clone(), None, at);
                leaf.glob = true;
                out.push(leaf);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.tree(tree, path, None, out);
                }
            }
        }
    }
}

fn extended(path: &[String], last: &syn::Ident) -> Vec<String> {
    let mut path = path.to_vec();
    // `a::{self}` means `a`; alone it is the module itself.
    if last != "self" || path.is_empty() {
        path.push(last.to_string());
    }
    path
}

/// What to take out so that only those leaves stay of which `kept` says so, by their places; at
/// least one does.
pub(crate) fn deletions(
    item: &ItemUse,
    text: &str,
    places: Places,
    kept: &dyn Fn(u32) -> bool,
) -> Vec<Span> {
    let mut out = Vec::new();
    let cut = Cutting { text, places, kept };
    cut.tree(&item.tree, &mut out);
    out
}

struct Cutting<'a> {
    text: &'a str,
    places: Places,
    kept: &'a dyn Fn(u32) -> bool,
}

impl Cutting<'_> {
    /// Whether something of it stays.
    fn stays(&self, tree: &UseTree) -> bool {
        let at = match tree {
            UseTree::Path(step) => return self.stays(&step.tree),
            UseTree::Group(group) => return group.items.iter().any(|tree| self.stays(tree)),
            UseTree::Name(name) => self.places.of(&name.ident).start,
            UseTree::Rename(rename) => self.places.of(&rename.ident).start,
            UseTree::Glob(glob) => self.places.of(glob).start,
        };
        (self.kept)(at)
    }

    fn tree(&self, tree: &UseTree, out: &mut Vec<Span>) {
        let group = match tree {
            UseTree::Path(step) => return self.tree(&step.tree, out),
            UseTree::Group(group) => group,
            _ => return,
        };
        // Up to where the text is settled: the brace, then each comma.
        let mut from = self.places.span(group.brace_token.span.open()).end;
        // After the last part that stays, before its comma.
        let mut last = None;
        for pair in group.items.pairs() {
            let span = self.places.of(*pair.value());
            let comma = pair.punct().map(|comma| self.places.of(*comma).end);
            if self.stays(pair.value()) {
                self.tree(pair.value(), out);
                last = Some(span.end);
            } else if let Some(comma) = comma {
                out.push(self.with_space(from, span.start, comma));
            } else {
                // The last one, without a comma of its own: the one before goes with it.
                out.push(Span::new(last.unwrap_or(span.start), span.end));
            }
            from = comma.unwrap_or(span.end);
        }
    }

    /// `start..end` with the space before it, or after it where there is none.
    fn with_space(&self, from: u32, start: u32, end: u32) -> Span {
        let text = |from: u32, to: u32| self.text.get(from as usize..to as usize);
        let before = text(from, start).unwrap_or_default();
        let space = before.len() - before.trim_end().len();
        let byte = |length: usize| u32::try_from(length).unwrap_or(0);
        // The end of a comment's line is the comment's.
        let comment = before
            .trim_end()
            .lines()
            .last()
            .is_some_and(|line| line.contains("//"));
        if space > 0 && !comment {
            return Span::new(start - byte(space), end);
        }
        let after = self.text.get(end as usize..).unwrap_or_default();
        let space = after.len() - after.trim_start_matches([' ', '\t']).len();
        Span::new(start, end + byte(space))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{Edit, Why, apply};
    use crate::pieces::{Node, cut};

    /// `text` without the leaves that are called `gone`.
    fn without(text: &str, gone: &[&str]) -> String {
        let cut = cut(text).map_err(|why| why.what).unwrap();
        let Node::Item(syn::Item::Use(item)) = &cut.pieces[0].node else {
            panic!("no import");
        };
        let leaves = leaves(item, cut.places);
        let kept = |at: u32| {
            let leaf = leaves.iter().find(|leaf| leaf.at == at).unwrap();
            let name = leaf.name.clone().unwrap_or_else(|| "*".into());
            !gone.contains(&name.as_str())
        };
        let edits: Vec<Edit> = deletions(item, text, cut.places, &kept)
            .into_iter()
            .map(|range| Edit {
                range,
                text: String::new(),
                why: Why::NotNeeded,
            })
            .collect();
        apply(text, &edits).unwrap()
    }

    #[test]
    fn leaves_go_with_their_commas() {
        let text = "use a::{b, c::{d, e as f, *}, self};";
        assert_eq!(without(text, &["b"]), "use a::{c::{d, e as f, *}, self};");
        assert_eq!(without(text, &["d", "*"]), "use a::{b, c::{e as f}, self};");
        assert_eq!(without(text, &["d", "f", "*"]), "use a::{b, self};");
        assert_eq!(without(text, &["a", "f"]), "use a::{b, c::{d, *}};");
        assert_eq!(without(text, &["d", "f", "*", "a"]), "use a::{b};");
    }

    #[test]
    fn lines_go_too_and_comments_stay_with_their_leaf() {
        let text = "use a::{\n    b, c,\n    d, // d's\n    e,\n};";
        assert_eq!(
            without(text, &["b"]),
            "use a::{ c,\n    d, // d's\n    e,\n};"
        );
        assert_eq!(
            without(text, &["d"]),
            "use a::{\n    b, c, // d's\n    e,\n};"
        );
        assert_eq!(
            without(text, &["b", "c", "d"]),
            "use a::{ // d's\n    e,\n};"
        );
    }

    #[test]
    fn what_a_leaf_names() {
        let cut = cut("pub use ::a::{self as x, b::*, c as _};").map_err(|why| why.what);
        let cut = cut.unwrap();
        let Node::Item(syn::Item::Use(item)) = &cut.pieces[0].node else {
            panic!("no import");
        };
        let shown: Vec<String> = leaves(item, cut.places)
            .iter()
            .map(|leaf| format!("{}={:?} {}", leaf.path.join("::"), leaf.name, leaf.glob))
            .collect();
        assert_eq!(
            shown,
            ["a=Some(\"x\") false", "a::b=None true", "a::c=None false"]
        );
    }
}
