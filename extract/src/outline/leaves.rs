//! The names that a `use` brings in, leaf by leaf, each with the tokens of its path.

use crate::lexed::{Kind, Lexed, unraw};

/// One name that a `use` brings in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaf<'a> {
    /// The `::` that the path begins with.
    pub(crate) leading: Option<usize>,
    /// First segment.
    pub(crate) first: Option<usize>,
    /// Last segment, `self` too, and the one before.
    pub(crate) last: Option<usize>,
    pub(crate) before: Option<usize>,
    pub(crate) segments: usize,
    pub(crate) glob: bool,
    /// The name it gets; `None` for globs and `_`.
    pub(crate) binds: Option<&'a str>,
}

impl Leaf<'_> {
    /// `alloc::alloc::alloc` is a function in a module of its name: not what a path begins with.
    pub(super) fn is_value(&self, lexed: &Lexed<'_>) -> bool {
        let (Some(before), Some(last)) = (self.before, self.last) else {
            return false;
        };
        self.segments > 2 && lexed.name(before) == lexed.name(last)
    }
}

#[derive(Clone, Copy, Default)]
struct Path {
    leading: Option<usize>,
    first: Option<usize>,
    before: Option<usize>,
    last: Option<usize>,
    segments: usize,
}

pub(super) fn leaves<'a>(lexed: &Lexed<'a>, from: usize, end: usize) -> Vec<Leaf<'a>> {
    let mut out = Vec::new();
    let mut stack: Vec<Path> = Vec::new();
    let mut path = Path::default();
    let mut alias = None;
    let (mut glob, mut pending) = (false, false);
    let mut emit = |path: Path, glob: bool, alias: Option<&'a str>| {
        let named = match path.last {
            Some(last) if lexed.is(last, "self") => path.before,
            last => last,
        };
        let name = alias.or_else(|| named.and_then(|at| lexed.name(at)));
        out.push(Leaf {
            leading: path.leading,
            first: path.first,
            last: path.last,
            before: path.before,
            segments: path.segments,
            glob,
            binds: name.filter(|name| !glob && *name != "_"),
        });
    };
    let mut at = from;
    while at < end {
        match lexed.kind(at) {
            Some(Kind::PathSep) if path.segments == 0 && path.leading.is_none() => {
                path.leading = Some(at);
            }
            Some(Kind::Word) if lexed.is(at, "as") => {
                at += 1;
                alias = Some(unraw(lexed.str(at)));
            }
            Some(Kind::Word) => {
                pending = true;
                path.before = path.last;
                path.last = Some(at);
                path.first = path.first.or(path.last);
                path.segments += 1;
            }
            Some(Kind::Punct('*')) => (glob, pending) = (true, true),
            Some(Kind::Open('{')) => {
                stack.push(path);
                pending = false;
            }
            Some(Kind::Punct(',') | Kind::Close('}')) => {
                if pending {
                    emit(path, glob, alias);
                }
                (glob, pending, alias) = (false, false, None);
                path = stack.last().copied().unwrap_or_default();
                if lexed.kind(at) == Some(Kind::Close('}')) {
                    stack.pop();
                }
            }
            _ => {}
        }
        at += 1;
    }
    if pending {
        emit(path, glob, alias);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect;

    use super::super::Outline;
    use super::*;

    #[test]
    fn leaves_of_a_tree() {
        let text =
            "pub use a::{b::{self, c as d}, ::e::*, f as _}; use ::{x::y, z}; use {p, q::r};";
        let lexed = Lexed::new(text).unwrap();
        let outline = Outline::new(&lexed);
        let mut out = String::new();
        for leaf in outline.uses.iter().flat_map(|import| &import.leaves) {
            let word = |at: Option<usize>| at.map_or("-", |at| lexed.str(at));
            let _ = writeln!(
                out,
                "{} {} {} {:?} {} {}",
                word(leaf.leading),
                word(leaf.first),
                word(leaf.last),
                leaf.binds,
                leaf.segments,
                leaf.glob
            );
        }
        expect![[r#"
            - a self Some("b") 3 false
            - a c Some("d") 3 false
            - a e None 2 true
            - a f None 2 false
            :: x y Some("y") 2 false
            :: z z Some("z") 1 false
            - p p Some("p") 1 false
            - q r Some("r") 2 false
        "#]]
        .assert_eq(&out);
    }
}
