//! `use` declarations, leaf by leaf: the formatter sorts, merges and splits them.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::UseTree;

use super::normal;

/// Each leaf as text (`std::fmt::Write as W`) and as what counts of it: attributes, visibility
/// and itself.
pub(super) fn leaves(mut item: syn::ItemUse) -> Vec<(String, TokenStream)> {
    for attr in &mut item.attrs {
        normal::attribute(attr);
    }
    let (attrs, vis) = (&item.attrs, &item.vis);
    let start = if item.leading_colon.is_some() {
        "::"
    } else {
        ""
    };
    let mut out = Vec::new();
    collect(&item.tree, start.to_owned(), &mut out);
    out.into_iter()
        .map(|leaf| {
            let tokens = quote!(#(#attrs)* #vis use #leaf;);
            (leaf, tokens)
        })
        .collect()
}

fn collect(tree: &UseTree, before: String, out: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => {
            let text = format!("{before}{}::", path.ident);
            collect(&path.tree, text, out);
        }
        UseTree::Name(name) => out.push(leaf(&before, &name.ident.to_string())),
        UseTree::Rename(rename) => {
            let text = leaf(&before, &rename.ident.to_string());
            out.push(format!("{text} as {}", rename.rename.to_token_stream()));
        }
        UseTree::Glob(_) => out.push(format!("{before}*")),
        UseTree::Group(group) if group.items.is_empty() => out.push(format!("{before}{{}}")),
        UseTree::Group(group) => {
            for tree in &group.items {
                collect(tree, before.clone(), out);
            }
        }
    }
}

/// `a::{self}` imports `a` from the type namespace only, so it is not the same as `a`.
fn leaf(before: &str, name: &str) -> String {
    match (name, before.strip_suffix("::")) {
        ("self", Some(path)) => format!("{path}::{{self}}"),
        _ => format!("{before}{name}"),
    }
}
