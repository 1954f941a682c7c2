//! Which modules of `core::arch` are for other processors than the host's.
//!
//! They are a fourth of std's text. What is compiled for the host never declares them, so that they
//! need not be recovered. Where anything is unclear, a module is kept.

use std::collections::BTreeSet;

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta, Token};

/// Modules that `text`, the root of `core_arch`, declares for others than `arch`, as in a triple.
pub(super) fn foreign_modules(text: &str, arch: &str) -> BTreeSet<String> {
    let Ok(root) = syn::parse_file(text) else {
        return BTreeSet::new();
    };
    let modules = root.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.content.is_none() => {
            let named = names_arch(&module.attrs, arch)?;
            Some((module.ident.to_string(), named))
        }
        _ => None,
    });
    let (own, foreign): (Vec<_>, Vec<_>) = modules.partition(|(_, is_own)| *is_own);
    // A triple may call its processor otherwise than a condition does.
    if own.is_empty() {
        return BTreeSet::new();
    }
    foreign.into_iter().map(|(name, _)| name).collect()
}

/// Whether a condition on the processor alone names `arch`; `None` when there is none, or another.
fn names_arch(attributes: &[Attribute], arch: &str) -> Option<bool> {
    let mut conditions = attributes.iter().filter(|it| it.path().is_ident("cfg"));
    let condition = conditions.next()?.parse_args::<Meta>().ok()?;
    if conditions.next().is_some() {
        return None;
    }
    let alternatives = match condition {
        Meta::List(list) if list.path.is_ident("any") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .ok()?,
        single => Punctuated::from_iter([single]),
    };
    let mut named = Vec::new();
    for alternative in alternatives {
        match alternative {
            // Nobody documents std here.
            Meta::Path(path) if path.is_ident("doc") => {}
            Meta::NameValue(pair) if pair.path.is_ident("target_arch") => match pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(value),
                    ..
                }) => named.push(value.value()),
                _ => return None,
            },
            _ => return None,
        }
    }
    (!named.is_empty()).then(|| named.iter().any(|name| name == arch))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = r#"
        mod macros;
        #[cfg(test)]
        mod test;
        #[cfg(any(target_arch = "x86", target_arch = "x86_64", doc))]
        #[doc(cfg(target_arch = "x86"))]
        mod x86;
        #[cfg(any(target_arch = "x86_64", doc))]
        mod x86_64;
        #[cfg(target_arch = "arm")]
        mod arm;
        #[cfg(any(target_arch = "s390x", doc))]
        mod s390x;
        #[cfg(any(target_family = "wasm", doc))]
        mod wasm32;
        #[cfg(any(target_arch = "mips", all(target_arch = "x86_64", x)))]
        mod odd;
        #[cfg(any(target_arch = "arm", doc))]
        pub mod here {}
    "#;

    #[test]
    fn modules_for_other_processors_alone() {
        let of = |arch: &str| {
            let foreign = foreign_modules(ROOT, arch);
            foreign.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("x86_64"), "arm s390x");
        assert_eq!(of("x86"), "arm s390x x86_64");
        assert_eq!(of("arm"), "s390x x86 x86_64");
        // Not as conditions call it.
        assert_eq!(of("i686"), "");
        assert_eq!(foreign_modules("mod", "x86"), BTreeSet::new());
    }
}
