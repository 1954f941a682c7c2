//! The files of a copy as a version of upstream gives them: the one it was made of, and another.

use camino::Utf8Path;
use serde::Deserialize;
use whittle_extract::emit::{self, Emission, Emitted, Included, Source};
use whittle_extract::license::{self, Class, Grant, Offer, Text, role_of};
use whittle_extract::record::{Origin, Record};
use whittle_extract::retake::Retake;
use whittle_extract::verify::Files;

/// The copy as it was made.
pub(super) fn made_of(record: &Record, old: &Files, mine: &Files) -> Result<Emitted, String> {
    let mut texts = Vec::new();
    for file in &record.license.files {
        let bytes = match &file.upstream {
            Some(path) => old.get(path),
            None => mine.get(&file.path),
        };
        texts.push(Text {
            path: file.upstream.as_ref().unwrap_or(&file.path).to_string(),
            text: lossy(bytes),
            supplied: file.upstream.is_none(),
        });
    }
    let grant = Grant {
        expression: record.license.expression.clone(),
        chosen: record.license.chosen.clone(),
        class: Class::Notice,
        files: (0..texts.len()).collect(),
        copyright: record.license.copyright.clone(),
        notes: Vec::new(),
    };
    let mut sources = Vec::new();
    for file in &record.files {
        let text = old
            .get(&file.upstream)
            .map(|bytes| std::str::from_utf8(bytes));
        let Some(Ok(text)) = text else {
            return Err(format!("upstream has no text `{}`", file.upstream));
        };
        sources.push(Source {
            path: file.path.clone(),
            upstream: file.upstream.clone(),
            module: file.module.clone(),
            text,
            edits: file.edits.clone(),
        });
    }
    emit::emit(&Emission {
        tool: &record.tool,
        command: &record.command,
        origin: record.origin.clone(),
        copy: record.copy.clone(),
        // What a file declares was judged when it was copied.
        host_license: Some(&record.license.chosen),
        grant: &grant,
        texts: &texts,
        sources,
        assets: included(record, old),
    })
    .map_err(|why| why.to_string())
}

/// The same items of the newer version, under the licence that it has.
#[expect(
    clippy::too_many_arguments,
    reason = "what a copy is made of, called once"
)]
pub(super) fn newer(
    record: &Record,
    manifest: &Manifest,
    retaken: &Retake,
    new: &Files,
    to: &str,
    checksum: String,
    host: Option<&str>,
    mine: &Files,
) -> Result<(Emitted, Vec<String>), String> {
    let mut texts: Vec<Text> = new
        .iter()
        .filter(|(path, _)| role_of(path.as_str()).is_some())
        .map(|(path, bytes)| Text {
            path: path.to_string(),
            text: lossy(Some(bytes)),
            supplied: false,
        })
        .collect();
    let supplied = record
        .license
        .files
        .iter()
        .filter(|file| file.upstream.is_none());
    texts.extend(supplied.map(|file| Text {
        path: file.path.to_string(),
        text: lossy(mine.get(&file.path)),
        supplied: true,
    }));
    let package = &manifest.package;
    let offer = Offer {
        expression: package.license.as_deref(),
        license_file: package.license_file.as_deref(),
        authors: &package.authors,
        texts: &texts,
    };
    let grant = license::judge(&offer, host)
        .map_err(|why| format!("{to} may not be copied: {why} ({})", why.remedy()))?;
    let mut notes = Vec::new();
    if grant.expression != record.license.expression {
        notes.push(format!(
            "the licence was {} and is {}",
            record.license.expression, grant.expression
        ));
    }
    let sources = retaken.files.iter().filter_map(|file| {
        Some(Source {
            path: file.path.clone(),
            upstream: file.upstream.clone(),
            module: file.module.clone(),
            text: std::str::from_utf8(new.get(&file.upstream)?).ok()?,
            edits: file.edits.clone(),
        })
    });
    let emitted = emit::emit(&Emission {
        tool: env!("CARGO_PKG_VERSION"),
        command: &record.command,
        origin: Origin {
            version: to.to_owned(),
            checksum: Some(checksum),
            edition: package.edition(),
            repository: package.repository.clone(),
            ..record.origin.clone()
        },
        copy: record.copy.clone(),
        host_license: host,
        grant: &grant,
        texts: &texts,
        sources: sources.collect(),
        assets: included(record, new),
    });
    Ok((emitted.map_err(|why| why.to_string())?, notes))
}

fn included<'a>(record: &Record, files: &'a Files) -> Vec<Included<'a>> {
    let assets = record.assets.iter();
    let found = assets.filter_map(|one| {
        let upstream = one.upstream.clone()?;
        Some(Included {
            path: one.path.clone(),
            bytes: files.get(&upstream)?,
            upstream,
        })
    });
    found.collect()
}

fn lossy(bytes: Option<&Vec<u8>>) -> String {
    bytes.map_or_else(String::new, |bytes| {
        String::from_utf8_lossy(bytes).into_owned()
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    pub(super) package: PackageTable,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PackageTable {
    edition: Option<String>,
    license: Option<String>,
    license_file: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    repository: Option<String>,
}

impl Manifest {
    pub(super) fn read(files: &Files) -> Result<Self, String> {
        let text = files
            .get(Utf8Path::new("Cargo.toml"))
            .ok_or("it has no Cargo.toml")?;
        let text = std::str::from_utf8(text).map_err(|why| why.to_string())?;
        toml::from_str(text).map_err(|why| format!("its Cargo.toml: {}", why.message()))
    }
}

impl PackageTable {
    pub(super) fn edition(&self) -> u16 {
        let edition = self.edition.as_deref().unwrap_or("2015");
        edition.parse().unwrap_or(2015)
    }
}
