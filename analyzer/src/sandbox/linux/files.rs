//! Rules for files, TCP ports, abstract sockets and signals: Landlock.

use std::path::PathBuf;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, Scope, path_beneath_rules,
};

use super::{Namespaces, Spec};
use crate::sandbox::access::DEVICES;

/// The oldest version that covers truncation and moves between folders.
const OLDEST: ABI = ABI::V3;
/// With signals and abstract sockets, for which nothing else stands in without namespaces.
const SCOPES: ABI = ABI::V6;
const NEWEST: ABI = ABI::V10;

/// From here on, this process and all it starts reach only what the run's access names.
pub(super) fn restrict(spec: &Spec, own_proc: bool) -> Result<(), RulesetError> {
    let scopes = match spec.namespaces {
        Namespaces::None => CompatLevel::HardRequirement,
        Namespaces::User | Namespaces::Root => CompatLevel::BestEffort,
    };
    let proc = own_proc.then(|| PathBuf::from("/proc"));
    let read = AccessFs::from_read(NEWEST);
    let lists = spec
        .access
        .list
        .iter()
        .filter_map(|path| PathFd::new(path).ok());
    let lists = lists.map(|folder| Ok(PathBeneath::new(folder, AccessFs::ReadDir)));
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(OLDEST))?
        .set_compatibility(scopes)
        .scope(Scope::from_all(SCOPES))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(
            spec.access.read.iter().chain(&proc),
            read,
        ))?
        .add_rules::<_, _, _, RulesetError>(lists)?
        .add_rules(path_beneath_rules(&spec.access.write, writing()))?
        .add_rules(path_beneath_rules(DEVICES, read | AccessFs::WriteFile))?
        .restrict_self()?;
    debug_assert!(status.no_new_privs, "the default of the crate");
    Ok(())
}

/// Files, folders and links. No pipes, sockets and devices: the tool reads these folders later,
/// and would wait for the other end.
fn writing() -> BitFlags<AccessFs> {
    let special = AccessFs::MakeChar
        | AccessFs::MakeBlock
        | AccessFs::MakeFifo
        | AccessFs::MakeSock
        | AccessFs::IoctlDev
        | AccessFs::ResolveUnix;
    AccessFs::from_all(NEWEST) & !special
}
