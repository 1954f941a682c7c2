//! What `cargo whittle init` adds to a manifest: rules that hold today, each with a comment.
//!
//! The manifest's text stays as it is, byte for byte; the new tables are put behind it. That the
//! result is the old manifest and nothing but the new tables is checked by reading it again, and
//! where it cannot be (a `workspace` that is an inline table) nothing is written and the text to
//! be put in by hand is shown.

use std::fmt::Write;

use crate::error::{Error, Result};
use crate::measure;
use crate::model::{Analysis, Domain, Domains};
use crate::surface::Surface;

use super::config::Config;
use super::lock::FILE;
use super::manifests::ROOT;

/// The manifest with rules: below `workspace` if it has that table, else below `package`.
///
/// # Errors
/// [`Error::Config`] when the manifest has a configuration already, or cannot take one.
pub fn manifest(text: &str, analysis: &Analysis) -> Result<String> {
    let before: toml::Table = read(text)?;
    if Config::read(ROOT, text)?.present {
        return Err(Error::Config {
            place: ROOT.to_owned(),
            why: "there is a configuration already".to_owned(),
            help: format!("edit it; `cargo whittle baseline` writes {FILE} alone"),
        });
    }
    let of = if before.contains_key("workspace") {
        "workspace"
    } else {
        "package"
    };
    let added = rules(&format!("{of}.metadata.whittle"), analysis);
    let mut edited = text.to_owned();
    if !edited.is_empty() && !edited.ends_with('\n') {
        edited.push('\n');
    }
    edited.push('\n');
    edited.push_str(&added);
    if text.contains("\r\n") {
        edited = edited.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    if is_only_more(&before, of, &edited) {
        return Ok(edited);
    }
    Err(Error::Config {
        place: ROOT.to_owned(),
        why: format!("`{of}` is written so that nothing can be added behind the file"),
        help: format!("put this into it by hand:\n{added}"),
    })
}

fn read(text: &str) -> Result<toml::Table> {
    text.parse().map_err(|why: toml::de::Error| Error::Config {
        place: ROOT.to_owned(),
        why: why.message().to_owned(),
        help: "correct the file".to_owned(),
    })
}

/// Without the new table it is what it was, and the new table is understood.
fn is_only_more(before: &toml::Table, of: &str, edited: &str) -> bool {
    let Ok(mut after) = edited.parse::<toml::Table>() else {
        return false;
    };
    let metadata = |table: &mut toml::Table| -> Option<bool> {
        let of = table.get_mut(of)?.as_table_mut()?;
        let metadata = of.get_mut("metadata")?.as_table_mut()?;
        metadata.remove("whittle")?;
        if metadata.is_empty() {
            of.remove("metadata");
        }
        Some(true)
    };
    let mut before = before.clone();
    // An empty table of metadata is as good as none.
    let empty = |table: &toml::Table| {
        let metadata = table.get(of).and_then(|of| of.get("metadata"));
        metadata
            .and_then(toml::Value::as_table)
            .is_some_and(toml::Table::is_empty)
    };
    if empty(&before)
        && let Some(of) = before.get_mut(of).and_then(toml::Value::as_table_mut)
    {
        of.remove("metadata");
    }
    let understood = Config::read(ROOT, edited).is_ok_and(|config| config.present);
    metadata(&mut after) == Some(true) && after == before && understood
}

/// The tables: limits at what there is today.
fn rules(name: &str, analysis: &Analysis) -> String {
    let surface = Surface::new(analysis);
    let measures = measure::measure(analysis);
    let in_run = || {
        let all = surface.dependencies.iter();
        all.filter(|one| one.domains.intersects(Domains::RUN))
    };
    let crates: usize = in_run().map(|one| one.packages.len()).sum();
    let depth = in_run().map(|one| one.depth).max().unwrap_or(0);
    let mut several: Vec<&str> = in_run().map(|one| one.id.name.as_str()).collect();
    several.retain(|name| in_run().filter(|one| one.id.name == **name).count() > 1);
    several.dedup();
    let building = Domains::RUN | Domains::BUILD | Domains::MACRO;
    let of = |wanted: fn(&crate::surface::Dependency) -> bool| {
        let all = surface.dependencies.iter();
        let all = all.filter(|one| one.domains.intersects(building));
        all.filter(|one| wanted(one)).count()
    };
    let (scripts, macros) = (of(|one| one.build_script), of(|one| one.proc_macro));
    let figures = measures
        .totals
        .get(&Domain::Run)
        .map(|totals| totals.figures);
    let figures = figures.unwrap_or_default();
    let unsafe_code = figures.unsafe_functions.used + figures.unsafe_blocks.used;
    let unknown = figures.functions.unknown + figures.derived.unknown;
    let mut text = format!(
        "\
# Rules of `cargo whittle check`: see docs/CI.md of cargo-whittle, or `--explain <rule>`.
# The limits are what there is today, so that it can only get less without being asked.
[{name}.rules]
"
    );
    let lines = [
        ("max-crates", crates as u64, "dependencies that ship"),
        (
            "max-depth",
            u64::from(depth),
            "steps from the workspace to the farthest of them",
        ),
        (
            "max-duplicates",
            several.len() as u64,
            "of them in several versions",
        ),
        (
            "max-unsafe",
            unsafe_code,
            "unsafe functions and blocks of them that are reached",
        ),
        (
            "max-unknown",
            unknown,
            "functions of them that could not be decided",
        ),
        (
            "max-build-scripts",
            scripts as u64,
            "dependencies that run a script when built",
        ),
        (
            "max-proc-macros",
            macros as u64,
            "dependencies that run in the compiler",
        ),
    ];
    for (rule, number, words) in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{:<36}# {words}", format!("{rule} = {number}"));
    }
    let _ = write!(
        text,
        "\
# A direct dependency of which less is used needs a reason: an ignore.
minimum-use = {{ percent = 3, level = \"warn\" }}
# What is new against {FILE}, by item: deny, warn or allow.
new-crate = \"deny\"
new-direct = \"deny\"
new-item = \"deny\"
new-unknown = \"deny\"
# denied-crates = [\"openssl\"]

# [[{name}.ignore]]
# rule = \"minimum-use\"
# crate = \"libc\"
# reason = \"bindings: few of many is what they are for\"
# owner = \"who answers for it\"
# expires = 2027-12-31
"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::small;

    #[test]
    fn a_manifest_keeps_what_it_has() {
        let before =
            "# mine\n[package]  # here\nname = \"app\"\n\n[package.metadata.other]\nx = 1\n# end";
        let after = manifest(before, &small()).unwrap();
        assert!(after.starts_with(&format!("{before}\n\n")));
        expect_test::expect![[r##"
            # mine
            [package]  # here
            name = "app"

            [package.metadata.other]
            x = 1
            # end

            # Rules of `cargo whittle check`: see docs/CI.md of cargo-whittle, or `--explain <rule>`.
            # The limits are what there is today, so that it can only get less without being asked.
            [package.metadata.whittle.rules]
            max-crates = 4                      # dependencies that ship
            max-depth = 2                       # steps from the workspace to the farthest of them
            max-duplicates = 0                  # of them in several versions
            max-unsafe = 3                      # unsafe functions and blocks of them that are reached
            max-unknown = 1                     # functions of them that could not be decided
            max-build-scripts = 1               # dependencies that run a script when built
            max-proc-macros = 1                 # dependencies that run in the compiler
            # A direct dependency of which less is used needs a reason: an ignore.
            minimum-use = { percent = 3, level = "warn" }
            # What is new against whittle.lock, by item: deny, warn or allow.
            new-crate = "deny"
            new-direct = "deny"
            new-item = "deny"
            new-unknown = "deny"
            # denied-crates = ["openssl"]

            # [[package.metadata.whittle.ignore]]
            # rule = "minimum-use"
            # crate = "libc"
            # reason = "bindings: few of many is what they are for"
            # owner = "who answers for it"
            # expires = 2027-12-31
        "##]].assert_eq(&after);
        let config = Config::read(ROOT, &after).unwrap();
        assert_eq!(config.limits.len(), 7);
        assert!(config.wants_baseline());
    }

    #[test]
    fn of_a_workspace() {
        for before in [
            "[workspace]\nmembers = [\"a\"]\n",
            "[workspace]\n[package]\nname = \"a\"\n",
            "[workspace]\n[workspace.metadata]\n",
            "[workspace]\n[workspace.metadata.docs]\nx = 1\n",
            "workspace.members = []\nworkspace.metadata.x = 1\n[package]\n",
            "workspace = { members = [] }\n[package]\n",
        ] {
            let after = manifest(before, &small());
            let takes = !before.starts_with("workspace = ");
            assert_eq!(after.is_ok(), takes, "{before}");
            let said = after.unwrap_or_else(|error| error.remedy());
            assert!(
                said.contains("[workspace.metadata.whittle.rules]"),
                "{said}"
            );
        }
    }

    #[test]
    fn line_endings_stay() {
        let after = manifest("[package]\r\nname = \"a\"\r\n", &small()).unwrap();
        assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
    }

    #[test]
    fn it_is_not_done_twice() {
        let once = manifest("[package]\nname = \"a\"\n", &small()).unwrap();
        let error = manifest(&once, &small()).unwrap_err();
        assert!(error.to_string().contains("already"), "{error}");
        let inline = "package = { name = \"a\", metadata = { x = 1 } }\n";
        let error = manifest(inline, &small()).unwrap_err();
        assert!(error.remedy().contains("by hand"), "{error}");
        assert!(manifest("[package\n", &small()).is_err());
    }
}
