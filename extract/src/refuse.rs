//! Why an extraction is refused: every reason there is, in one place.
//!
//! A refusal names what it is about and where, in one sentence, and what can be done instead. The
//! codes are stable: scripts read them. `docs/REFUSALS.md` lists them all; a test holds it to that.

use std::fmt;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// Something that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refusal {
    pub reason: Reason,
    /// What it is about, as the subject of a sentence: an item, a macro, a package.
    pub what: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct At {
    pub file: Utf8PathBuf,
    /// 1-based.
    pub line: u32,
}

impl Refusal {
    pub fn new(reason: Reason, what: impl Into<String>) -> Self {
        Self {
            reason,
            what: what.into(),
            at: None,
        }
    }

    #[must_use]
    pub fn at(mut self, file: impl Into<Utf8PathBuf>, line: u32) -> Self {
        self.at = Some(At {
            file: file.into(),
            line,
        });
        self
    }

    #[must_use]
    pub fn code(&self) -> &'static str {
        self.reason.code()
    }

    #[must_use]
    pub fn remedy(&self) -> &'static str {
        self.reason.remedy()
    }
}

/// `src/lib.rs:3: the macro `m` …`
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(At { file, line }) = &self.at {
            write!(f, "{file}:{line}: ")?;
        }
        write!(f, "{} {}", self.what, self.reason.sentence())
    }
}

/// One line a reason: its name, its code, how the sentence goes on after what it is about, and
/// what to do instead.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident $code:literal $sentence:literal $remedy:expr;)*) => {
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* #[serde(rename = $code)] $name,)*
        }

        impl Reason {
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Stable.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// How the sentence goes on.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// What can be done instead.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

const AS_CRATE: &str = "use `--as crate`: a crate of its own keeps it as it is";
/// The remedy where there is no other.
pub const KEEP: &str = "keep the dependency";

reasons! {
    // What is asked for.
    PathNotFound "path-not-found" "is not found in the dependency"
        "name one of the paths that are listed; without paths, what the package reaches is taken";
    NothingNamed "nothing-named" "is not named by the selected packages"
        "take the dependency out of Cargo.toml; or name the paths that you want";
    AlreadyOwned "already-owned" "has been extracted into this package before"
        "use `cargo whittle sync` to bring it up to date, or `extract --undo` first";
    NotUnderstood "not-understood" "could not be analyzed well enough to say what is needed of it"
        "see the gaps that are listed; let build scripts and macros run by the execution policy";
    Unreadable "unreadable" "cannot be read as Rust"
        KEEP;
    FileMissing "file-missing" "needs a file that is not in the package"
        KEEP;

    // Licence.
    LicenseUnclear "license-unclear" "does not say clearly under which licence it may be copied"
        "ask upstream; if you know the licence, clarify it in your own configuration";
    LicenseIncompatible "license-incompatible" "may not be copied into a package under this package's licence"
        KEEP;
    LicenseTextMissing "license-text-missing" "comes without the text of the licence that has to go with every copy"
        "ask upstream to include it, or clarify it in your own configuration";

    // What a copy would break for others.
    PublicApi "public-api" "is part of what the package exports: its users would get another type"
        KEEP;
    Reexported "reexported" "is re-exported by the package's library"
        KEEP;
    SharedTypes "shared-types" "is exchanged with another crate that keeps using the dependency"
        "extract it from that crate too if it is a member of the workspace; otherwise keep it";
    SharedState "shared-state" "is state that would exist twice: another crate keeps using the dependency's own"
        KEEP;
    StateInTargets "state-in-targets" "is state that would exist once in the library and once in each other target"
        AS_CRATE;
    RootInRoot "root-in-root" "is a target of its own and a module of another target, which can have one copy only"
        AS_CRATE;
    ExportedMacro "exported-macro" "is named in a macro that the package exports, where its users could not reach the copy"
        AS_CRATE;
    OtherMembers "other-members" "also use the dependency, and a module is one package's own"
        AS_CRATE;

    // What cannot be copied.
    ProcMacroCrate "proc-macro-crate" "is a procedural macro: the compiler loads it as a crate"
        KEEP;
    NativeLibrary "native-library" "links a native library, which only one package of a tree may do"
        KEEP;
    ForeignFunctions "foreign-functions" "declares foreign functions, whose library has to be linked"
        "use `--allow extern` if the library is linked in any case, as the platform's C library is";
    ExportedSymbol "exported-symbol" "has a symbol of its own in the executable, which must not exist twice"
        KEEP;
    RuntimeItem "runtime-item" "is one of its kind in a program"
        KEEP;
    InlineAssembly "inline-assembly" "is inline assembly, which deserves its upstream's care"
        "use `--allow asm` to own it";
    Simd "simd" "uses the processor's vector instructions, which deserve their upstream's care"
        "use `--allow simd` to own it";
    UnsafeForbidden "unsafe-forbidden" "is unsafe code, and the package has `forbid(unsafe_code)`"
        "keep the dependency; or use `--as crate`, where the lint does not reach";
    HostNoStd "host-no-std" "needs std, and the package has `#![no_std]`"
        AS_CRATE;
    BuildScriptOutput "build-script-output" "reads what the dependency's build script makes"
        "use `--as crate`: the build script stays with the crate";
    BuildScriptVariable "build-script-variable" "is a variable that the dependency's build script sets"
        "use `--as crate`: the build script stays with the crate";
    ManifestFolder "manifest-folder" "is the dependency's folder, which is another one on every machine"
        AS_CRATE;
    IncludedSource "included-source" "includes a file of source text, of which nothing can be taken out"
        AS_CRATE;
    FileOutside "file-outside" "lies outside the folder of the dependency's root file"
        AS_CRATE;

    // What does not mean the same in a module.
    EditionNewer "edition-newer" "is written in a newer edition than the package's"
        "use `--as crate`, or move the package to that edition first";
    EditionLint "edition-lint" "means something else in the package's edition"
        AS_CRATE;
    EditionPath "edition-path" "is a path of the 2015 edition whose meaning is not plain"
        AS_CRATE;
    MacroEdition "macro-edition" "is a macro that other modules call, and the package's edition of 2015 cannot import it"
        "use `--as crate`, or move the package to a newer edition first";
    BareCrate "bare-crate" "names the crate where its path would be more than one token"
        AS_CRATE;
    SelfAlias "self-alias" "names the crate itself, and something else too"
        AS_CRATE;
    MacroClash "macro-clash" "is a macro with the name of something else at the root of the dependency"
        AS_CRATE;
    MacroMadeMacro "macro-made-macro" "exports a macro that a macro makes"
        AS_CRATE;
    MacroInBody "macro-in-body" "exports a macro from where no path can lead to it"
        AS_CRATE;
    MacroCaller "macro-caller" "means its caller's package, and both the dependency and the package call its macro"
        AS_CRATE;
    MacroPrelude "macro-prelude" "is a macro of one of several crates that were imported with `#[macro_use]`"
        AS_CRATE;

    // Where the dependency is used.
    GeneratedSite "generated-site" "names the dependency by itself, where nothing can be rewritten"
        "use `--as crate`: the name of the crate stays";
    UnreadableSite "unreadable-site" "names the dependency in a way that cannot be rewritten"
        AS_CRATE;
    DocExample "doc-example" "is named by an example in the documentation, which is compiled as a user's program"
        "use `--as crate`: the name of the crate stays; or take the example out first";
    NameTaken "name-taken" "is a name that the package already uses for something else"
        "give another folder by `--into`";

    // The workspace as it is.
    DirtyTree "dirty-tree" "is changed and not committed"
        "commit it first, or use `--allow-dirty`";
    UnfinishedApply "unfinished-apply" "was interrupted and has to be finished or taken back first"
        "run the command that is named; it restores what was before, or finishes";
    ManifestConflict "manifest-conflict" "cannot be changed without changing what else it says"
        "edit Cargo.toml by hand first";
    DependencyClash "dependency-clash" "is needed by what is copied, and the package depends on another crate of this name"
        AS_CRATE;
    Unresolved "unresolved" "cannot be resolved by cargo with what is at hand"
        "fetch what is missing by `cargo fetch`; or keep the dependency";
    ExecutionDenied "execution-denied" "has to be built and tested, and the execution policy does not let code run"
        "allow it on the command line or in your own configuration; nothing is applied unverified";

    // What verification found.
    DoesNotCompile "does-not-compile" "does not compile in its new place"
        AS_CRATE;
    OtherFeatures "other-features" "does not compile with the copy, which is made with the features that are on now"
        "ask with the features that the package is built with (`--features`): what the dependency has for them comes along for good; or keep the dependency";
    NewWarnings "new-warnings" "gets warnings that it did not have"
        AS_CRATE;
    TestsDiffer "tests-differ" "gives other results in the package's tests"
        KEEP;
    ReachDiffers "reach-differs" "is reached in another way than before"
        KEEP;
    StillThere "still-there" "is still in the tree of the package"
        "see who else brings it, by `cargo tree -i`";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_sentence_with_a_place() {
        let refusal =
            Refusal::new(Reason::ExportedSymbol, "`#[no_mangle] fn f`").at("src/lib.rs", 3);
        assert_eq!(
            refusal.to_string(),
            "src/lib.rs:3: `#[no_mangle] fn f` has a symbol of its own in the executable, which \
             must not exist twice"
        );
        let json = serde_json::to_string(&refusal).unwrap();
        assert!(
            json.starts_with(r#"{"reason":"exported-symbol","what""#),
            "{json}"
        );
    }

    #[test]
    fn codes_are_kebab_case_and_each_once() {
        let mut codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        for reason in Reason::ALL {
            let code = reason.code();
            assert!(
                code.chars().all(|c| c == '-' || c.is_ascii_lowercase()),
                "{code}"
            );
            for text in [reason.sentence(), reason.remedy()] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
            }
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }

    #[test]
    fn the_page_lists_them_all() {
        let page = include_str!("../../docs/REFUSALS.md");
        for reason in Reason::ALL {
            let row = format!(
                "| `{}` | … {} | {} |",
                reason.code(),
                reason.sentence(),
                reason.remedy()
            );
            assert!(page.contains(&row), "docs/REFUSALS.md lacks\n{row}");
        }
        let rows = page.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, Reason::ALL.len());
    }
}
