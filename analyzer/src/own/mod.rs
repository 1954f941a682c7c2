//! Owning what is reached of a dependency: what touches the disk.

pub(crate) mod check;
pub(crate) mod compare_tests;
pub(crate) mod gather;
pub(crate) mod journal;
pub(crate) mod manifests;
pub(crate) mod scratch;
