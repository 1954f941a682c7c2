//! `serde_derive`: `Serialize` and `Deserialize`.
//!
//! The functions made, the visitors among them, have the names and the nesting that the real
//! derives give them, and call the same functions of serde, so that rows and places are the
//! same. Helpers that have no public name are named by the path that the version at hand uses.

mod adjacent;
mod case;
mod container;
mod de;
mod de_enum;
mod de_fields;
mod identifier;
mod options;
mod ser;
mod ser_enum;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use self::container::Container;
use super::{Call, Result};

pub(super) fn serialize(call: &Call<'_>) -> Result<TokenStream> {
    let container = Container::parse(call, true)?;
    Ok(in_const(&container, &ser::expand(&container)?))
}

pub(super) fn deserialize(call: &Call<'_>) -> Result<TokenStream> {
    let container = Container::parse(call, false)?;
    Ok(in_const(&container, &de::expand(&container)?))
}

/// The impl, in a scope of its own where serde is called `_serde`.
fn in_const(container: &Container, item: &TokenStream) -> TokenStream {
    let import = match &container.options.krate {
        Some(path) => quote!(use #path as _serde;),
        None => quote!(
            extern crate serde as _serde;
        ),
    };
    quote! {
        #[doc(hidden)]
        const _: () = {
            #import
            #item
        };
    }
}

/// What the versions of serde differ in, for a derive.
#[derive(Clone)]
struct Dialect {
    /// The module with what derives need; from 1.0.225 on its name holds the version.
    private: TokenStream,
    /// 1.0.122: the visitor of a tag is told what to expect.
    tag_expects: bool,
    /// 1.0.167: the tag and the content of an enum come as a pair.
    tag_in_pair: bool,
    /// 1.0.181: the tag of adjacently tagged enums goes through types of serde's.
    adjacent_seed: bool,
    /// 1.0.222: any content is read by a visitor, not by `Deserialize`.
    content_visitor: bool,
}

impl Dialect {
    fn of(version: &semver::Version) -> Self {
        let private = if version.patch >= 225 {
            let module = format_ident!("__private{}", version.patch);
            quote!(_serde::#module)
        } else {
            quote!(_serde::__private)
        };
        Self {
            private,
            tag_expects: version.patch >= 122,
            tag_in_pair: version.patch >= 167,
            adjacent_seed: version.patch >= 181,
            content_visitor: version.patch >= 222,
        }
    }
}

/// `__field0`, …
fn field(index: usize) -> Ident {
    format_ident!("__field{index}")
}
