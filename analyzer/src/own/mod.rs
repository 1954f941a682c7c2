//! Owning what is reached of a dependency: what touches the disk.

pub(crate) mod journal;
