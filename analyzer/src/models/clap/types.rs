//! What the type of a field says about how often its argument may occur.

use syn::{GenericArgument, PathArguments, Type};

use crate::models::attributes::ungroup_type;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Unit,
    Vec,
    Option,
    OptionOption,
    OptionVec,
    Other,
}

impl Shape {
    pub(super) fn of(ty: &Type) -> Self {
        if matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty()) {
            return Self::Unit;
        }
        if inside(ty, "Vec").is_some() {
            return Self::Vec;
        }
        let Some(inner) = inside(ty, "Option") else {
            return Self::Other;
        };
        if inside(inner, "Option").is_some() {
            Self::OptionOption
        } else if inside(inner, "Vec").is_some() {
            Self::OptionVec
        } else {
            Self::Option
        }
    }
}

/// The one segment of a path without `::`.
fn only_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ungroup_type(ty) {
        Type::Path(path) if path.qself.is_none() && path.path.leading_colon.is_none() => {
            let mut segments = path.path.segments.iter();
            segments.next().filter(|_| segments.next().is_none())
        }
        _ => None,
    }
}

/// `T` of `name<T>`.
pub(super) fn inside<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let segment = only_segment(ty).filter(|it| it.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    let mut arguments = arguments.args.iter();
    match (arguments.next(), arguments.next()) {
        (Some(GenericArgument::Type(ty)), None) => Some(ty),
        _ => None,
    }
}

/// `name`, without arguments.
pub(super) fn is_simple(ty: &Type, name: &str) -> bool {
    only_segment(ty).is_some_and(|it| it.ident == name && it.arguments.is_none())
}

/// The type of one value.
pub(super) fn value(ty: &Type) -> &Type {
    let once = |ty| inside(ty, "Option").or_else(|| inside(ty, "Vec"));
    match Shape::of(ty) {
        Shape::Vec | Shape::Option => once(ty).unwrap_or(ty),
        Shape::OptionOption | Shape::OptionVec => once(ty).and_then(once).unwrap_or(ty),
        Shape::Unit | Shape::Other => ty,
    }
}
