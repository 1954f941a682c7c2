//! Which environment variables code in the sandbox sees: those a build needs, by name, and none
//! whose name says that it holds a secret.
//!
//! Takes the tool's own environment and what the tool sets for the command. A list of what may
//! pass is safer than one of what may not; the second is applied on top, to what the tool's
//! caller may have put under a permitted prefix (`CARGO_REGISTRIES_X_TOKEN`).

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::process::Command;

/// Names that pass.
const NAMES: [&str; 36] = [
    "AR",
    "ARFLAGS",
    "AS",
    "CC",
    "CFLAGS",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "CXXSTDLIB",
    "LANG",
    "LD",
    "LDFLAGS",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "NM",
    "NUM_JOBS",
    "OBJCOPY",
    "PATH",
    "PROTOC",
    "PROTOC_INCLUDE",
    "RANLIB",
    "RUSTC",
    "RUSTC_BOOTSTRAP",
    "RUSTFLAGS",
    "RUST_BACKTRACE",
    "RUST_MIN_STACK",
    "SDKROOT",
    "SOURCE_DATE_EPOCH",
    "STRIP",
    "TZ",
    "__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS",
    "CARGO_HOME",
    "CMAKE",
];

/// Starts of names that pass: cargo's configuration, and what build scripts of C libraries ask
/// for by target.
const STARTS: [&str; 22] = [
    "AR_",
    "BINDGEN_",
    "CARGO_BUILD_",
    "CARGO_CFG_",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CARGO_NET_OFFLINE",
    "CARGO_PROFILE_",
    "CARGO_SOURCE_",
    "CARGO_TARGET_",
    "CARGO_TERM_",
    "CARGO_UNSTABLE_",
    "CC_",
    "CFLAGS_",
    "CMAKE_",
    "CXXFLAGS_",
    "CXX_",
    "HOST_",
    "LC_",
    "LLVM_",
    "PKG_CONFIG",
    "TARGET_",
];

/// Ends of names that pass: how `-sys` crates are told where a library is.
const ENDS: [&str; 5] = [
    "_INCLUDE_DIR",
    "_LIB_DIR",
    "_NO_PKG_CONFIG",
    "_NO_VENDOR",
    "_STATIC",
];

/// Parts of names that never pass.
const SECRETS: [&str; 10] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "CREDENTIAL",
    "PRIVATE",
    "APIKEY",
    "API_KEY",
    "COOKIE",
    "SESSION",
];
const SECRET_STARTS: [&str; 7] = [
    "AWS_", "AZURE_", "GCP_", "GOOGLE_", "GITHUB_", "GPG_", "SSH_",
];

/// The environment of `command` when it runs in the sandbox: what of the tool's own may pass,
/// then what the command sets or removes itself.
pub(super) fn cleaned(
    own: impl Iterator<Item = (OsString, OsString)>,
    command: &Command,
) -> BTreeMap<OsString, OsString> {
    let mut all: BTreeMap<OsString, OsString> = own.filter(|(name, _)| passes(name)).collect();
    for (name, value) in command.get_envs() {
        match value {
            Some(value) if !is_secret(name) => all.insert(name.to_owned(), value.to_owned()),
            _ => all.remove(name),
        };
    }
    all
}

/// Names of variables that code in the sandbox may find beside those that cargo sets: it has a home
/// and a folder of its own whatever the tool has.
pub(crate) fn inherited() -> BTreeSet<String> {
    let own = std::env::vars_os().filter(|(name, _)| passes(name));
    let own = own.filter_map(|(name, _)| name.into_string().ok());
    own.chain(["HOME", "PATH", "TMPDIR"].map(str::to_owned))
        .collect()
}

fn passes(name: &OsStr) -> bool {
    let Some(text) = name.to_str() else {
        return false;
    };
    let known = NAMES.contains(&text)
        || STARTS.iter().any(|start| text.starts_with(start))
        || ENDS.iter().any(|end| text.ends_with(end));
    known && !is_secret(name)
}

fn is_secret(name: &OsStr) -> bool {
    let upper = name.to_string_lossy().to_uppercase();
    SECRETS.iter().any(|part| upper.contains(part))
        || SECRET_STARTS.iter().any(|start| upper.starts_with(start))
        || upper.ends_with("_KEY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_build_needs_passes() {
        let own = [
            ("PATH", "/bin"),
            ("HOME", "/h"),
            ("CARGO_REGISTRY_TOKEN", "t"),
            ("CARGO_REGISTRIES_MINE_TOKEN", "t"),
            ("CARGO_BUILD_SECRET_KEY", "t"),
            ("NPM_TOKEN", "t"),
            ("AWS_ACCESS_KEY_ID", "t"),
            ("SSH_AUTH_SOCK", "t"),
            ("SOMETHING", "t"),
            ("CC_x86_64_unknown_linux_gnu", "gcc"),
            ("OPENSSL_NO_VENDOR", "1"),
            ("http_proxy", "u:p"),
        ]
        .map(|(name, value)| (name.into(), value.into()));
        let mut command = Command::new("x");
        command
            .env("RUSTC_WRAPPER", "")
            .env_remove("OPENSSL_NO_VENDOR");
        let names: Vec<OsString> = cleaned(own.into_iter(), &command).into_keys().collect();
        assert_eq!(
            names,
            ["CC_x86_64_unknown_linux_gnu", "PATH", "RUSTC_WRAPPER"]
        );
    }
}
