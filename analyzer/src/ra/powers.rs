//! Which functions give code a power beyond computing: files, network, processes, environment,
//! foreign code.
//!
//! By the resolved definition, never by text: the module of std that it stands in. Methods of
//! traits that `core` defines (`Display` of an error, `Iterator` of a folder's entries) are left
//! out: their values come from a function that counts.

use ra_ap_hir_def::signatures::FunctionSignature;
use ra_ap_hir_def::{FunctionId, HasModule, ItemContainerId};
use ra_ap_hir_ty::db::HirDatabase;

use crate::model::Power;
use crate::ra::path;

/// Methods of `std::path::Path` that ask the file system.
const OF_PATH: [&str; 10] = [
    "canonicalize",
    "exists",
    "is_dir",
    "is_file",
    "is_symlink",
    "metadata",
    "read_dir",
    "read_link",
    "symlink_metadata",
    "try_exists",
];

/// The power of a function of std.
pub(crate) fn of_std(db: &dyn HirDatabase, id: FunctionId) -> Option<Power> {
    let module = path::module(db, id.module(db));
    let name = || path::text(&FunctionSignature::of(db, id).name);
    let power = by_module(&module, name)?;
    (!of_a_core_trait(db, id)).then_some(power)
}

/// A declaration in an `extern` block. Intrinsics of the compiler are none: they have no block.
pub(crate) fn is_foreign(db: &dyn HirDatabase, id: FunctionId) -> bool {
    matches!(id.loc(db).container, ItemContainerId::ExternBlockId(_))
}

fn by_module(module: &str, name: impl Fn() -> String) -> Option<Power> {
    let mut segments = module.split("::");
    if segments.next() != Some("std") {
        return None;
    }
    let first = segments.next()?;
    let power = |word: &str| match word {
        "fs" => Some(Power::Fs),
        "net" => Some(Power::Net),
        "process" => Some(Power::Process),
        "env" => Some(Power::Env),
        _ => None,
    };
    match first {
        "path" => OF_PATH.contains(&name().as_str()).then_some(Power::Fs),
        "os" => segments.find_map(power),
        word => power(word),
    }
}

fn of_a_core_trait(db: &dyn HirDatabase, id: FunctionId) -> bool {
    let of = match id.loc(db).container {
        ItemContainerId::ImplId(of) => db.impl_trait(of).map(|of| of.skip_binder().def_id.0),
        ItemContainerId::TraitId(of) => Some(of),
        _ => None,
    };
    of.is_some_and(|of| path::krate(db, of.krate(db)) == "core")
}

#[cfg(test)]
mod tests {
    use super::by_module;
    use crate::model::Power;

    #[test]
    fn modules_have_powers() {
        let of = |module: &str, name: &str| by_module(module, || name.to_owned());
        assert_eq!(of("std::fs", "write"), Some(Power::Fs));
        assert_eq!(of("std::net::tcp", "connect"), Some(Power::Net));
        assert_eq!(of("std::os::unix::net::stream", "pair"), Some(Power::Net));
        assert_eq!(of("std::os::unix::process", "exec"), Some(Power::Process));
        assert_eq!(of("std::env", "var"), Some(Power::Env));
        assert_eq!(of("std::path", "exists"), Some(Power::Fs));
        assert_eq!(of("std::path", "join"), None);
        assert_eq!(of("std::io", "stdin"), None);
        assert_eq!(of("core::net::ip_addr", "new"), None);
        assert_eq!(of("fs", "read"), None);
    }
}
