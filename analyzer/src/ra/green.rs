//! A walk through a syntax tree that allocates nothing for a node.
//!
//! rust-analyzer's own makes a handle for each node and token on the way, which knows its parent.
//! For what is only looked at once, every item of every crate, the tree below the handles will do.

use ra_ap_syntax::{NodeOrToken, SyntaxKind, SyntaxNode};

/// What is met, in the order of the text.
pub(crate) enum Met<'a> {
    Node(SyntaxKind),
    Token {
        kind: SyntaxKind,
        text: &'a str,
        parent: SyntaxKind,
    },
}

/// Whether `is_it` of the node or anything below it; nothing behind that is looked at.
pub(crate) fn any(node: &SyntaxNode, mut is_it: impl FnMut(Met<'_>) -> bool) -> bool {
    if is_it(Met::Node(node.kind())) {
        return true;
    }
    let green = node.green();
    let mut open = vec![(node.kind(), green.children())];
    while let Some((parent, children)) = open.last_mut() {
        let met = match children.next() {
            Some(NodeOrToken::Node(child)) => {
                let kind = SyntaxKind::from(child.kind().0);
                open.push((kind, child.children()));
                Met::Node(kind)
            }
            Some(NodeOrToken::Token(token)) => Met::Token {
                kind: SyntaxKind::from(token.kind().0),
                text: token.text(),
                parent: *parent,
            },
            None => {
                open.pop();
                continue;
            }
        };
        if is_it(met) {
            return true;
        }
    }
    false
}

/// Shows `see` the node and everything below it.
pub(crate) fn each(node: &SyntaxNode, mut see: impl FnMut(Met<'_>)) {
    any(node, |met| {
        see(met);
        false
    });
}

#[cfg(test)]
mod tests {
    use ra_ap_syntax::{Edition, SourceFile};

    use super::*;

    #[test]
    fn nothing_is_left_out() {
        let text = "/// Doc.\nfn f() { unsafe { g(1, [2]) } }\nstruct S;\n";
        let tree = SourceFile::parse(text, Edition::CURRENT).syntax_node();
        let all = tree.descendants_with_tokens();
        let expected: Vec<_> = all.map(|one| (one.kind(), one.to_string())).collect();
        let mut met = Vec::new();
        each(&tree, |one| {
            met.push(match one {
                Met::Node(kind) => (kind, None, None),
                Met::Token { kind, text, parent } => (kind, Some(text.to_owned()), Some(parent)),
            });
        });
        assert_eq!(met.len(), expected.len());
        for ((kind, text, _), (other, whole)) in met.iter().zip(&expected) {
            assert_eq!(kind, other);
            assert!(text.is_none() || text.as_ref() == Some(whole), "{text:?}");
        }
        let of_unsafe = met.iter().find(|(kind, ..)| *kind == SyntaxKind::UNSAFE_KW);
        assert_eq!(of_unsafe.unwrap().2, Some(SyntaxKind::BLOCK_EXPR));
    }

    #[test]
    fn it_ends_where_it_is_told_to() {
        let tree = SourceFile::parse("fn f() {} fn g() {}", Edition::CURRENT).syntax_node();
        let mut met = 0;
        let found = any(&tree, |one| {
            met += 1;
            matches!(one, Met::Node(SyntaxKind::FN))
        });
        assert_eq!((found, met), (true, 2));
    }
}
