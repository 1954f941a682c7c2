//! `strum_macros`: enums from and to text, iterated, counted, as discriminants.

mod options;
mod several;
mod text;

pub(super) use self::several::{
    discriminants, enum_count, enum_iter, variant_array, variant_names,
};
pub(super) use self::text::{as_ref_str, display, enum_string, into_static_str};
