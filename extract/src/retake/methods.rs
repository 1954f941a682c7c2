//! Methods that traits provide, which are taken one by one, and what stands in their place in impls.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Pair, RetakeError, text_of};
use crate::items::{self, Item, Kind, unnumbered};
use crate::request::Place;

/// Methods that traits provide and functions that stand in their place, which the older version
/// had and the copy has not: nothing that was kept needed them, and they stay out.
pub(super) fn cut(pairs: &[Pair<'_>]) -> Result<BTreeSet<Place>, RetakeError> {
    let mut methods: BTreeSet<String> = BTreeSet::new();
    for pair in pairs {
        for at in 0..pair.items.len() {
            methods.extend(provided(pair, at).map(|item| short(&item.path)));
        }
    }
    let mut out = BTreeSet::new();
    for (at, pair) in pairs.iter().enumerate() {
        let old = items::items(pair.old, &pair.file.module);
        let old = old.map_err(|why| RetakeError::Syntax {
            file: pair.file.upstream.clone(),
            why,
        })?;
        let old: BTreeSet<String> = old.iter().map(|item| unnumbered(&item.path)).collect();
        for (index, item) in pair.items.iter().enumerate() {
            let goes = item.kind == Kind::Fn
                && !pair.keep.contains(&index)
                && methods.contains(&short(&item.path))
                && old.contains(&unnumbered(&item.path));
            if goes {
                out.insert(Place {
                    file: super::index(at),
                    offset: item.span.start,
                });
            }
        }
    }
    Ok(out)
}

/// `T::m` of `dep::T::m` and of `<dep::S as a::T<u8>>::m`.
fn short(path: &str) -> String {
    let (before, name) = path.rsplit_once("::").unwrap_or(("", path));
    let mut depth = 0_usize;
    // Of an impl, what stands between ` as ` and the closing bracket, arguments left out.
    let mut of = String::new();
    let mut rest = before.chars();
    let mut last = ' ';
    while let Some(c) = rest.next() {
        match c {
            '<' => depth += 1,
            '>' if last == '-' => {}
            '>' => depth = depth.saturating_sub(1),
            ' ' if depth == 1 && rest.as_str().starts_with("as ") => {
                of.clear();
                rest.nth(2);
            }
            _ if depth <= usize::from(before.starts_with('<')) => of.push(c),
            _ => {}
        }
        last = c;
    }
    let of = unnumbered(&of);
    format!("{}::{name}", of.rsplit("::").next().unwrap_or_default())
}

/// Of a trait without the methods that it provides, which are items of their own.
pub(super) fn own_text<'a>(pair: &Pair<'a>, at: usize) -> Cow<'a, str> {
    let Some(item) = pair.items.get(at) else {
        return Cow::Borrowed("");
    };
    let text = text_of(pair, item);
    if item.kind != Kind::Trait {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut from = item.span.start;
    for provided in provided(pair, at) {
        let before = pair.new.get(from as usize..provided.span.start as usize);
        out.push_str(before.unwrap_or_default());
        from = provided.span.end;
    }
    let rest = pair.new.get(from as usize..item.span.end as usize);
    out.push_str(rest.unwrap_or_default());
    Cow::Owned(out)
}

/// The methods that the trait at `at` provides.
fn provided<'p>(pair: &'p Pair<'_>, at: usize) -> impl Iterator<Item = &'p Item> {
    let (around, after) = match pair.items.get(at..) {
        Some([item, after @ ..]) if item.kind == Kind::Trait => (Some(item.span), after),
        _ => (None, &[][..]),
    };
    let within = move |item: &&Item| around.is_some_and(|span| item.span.end <= span.end);
    after.iter().take_while(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_by_its_trait() {
        assert_eq!(short("dep::a::T::m"), "T::m");
        assert_eq!(short("<dep::S<u8> as a::T<b::U>>::m"), "T::m");
        assert_eq!(short("<dep::S as T>#2::m"), "T::m");
        assert_eq!(short("dep::T#2::m"), "T::m");
        assert_eq!(short("<dep::S<fn()->u8> as T<<A as B>::C>>::m"), "T::m");
    }
}
