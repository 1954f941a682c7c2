//! What is to be said of a plan that is no reason to refuse it.

use std::collections::BTreeSet;

use whittle_extract::plan::Plan;
use whittle_extract::record::Mode;

use super::extraction::Extraction;
use crate::model::Manifest;

/// What the plan cannot say of another edition.
pub(super) fn older(of: &Extraction<'_>) -> Option<String> {
    let (from, to) = (of.gathered.upstream.edition, of.host.edition);
    let asks = of.asked.mode == Mode::Module && from < to;
    asks.then(|| {
        format!(
            "text of edition {from} goes into a package of {to}: `--apply` asks the compiler \
             whether it means the same there"
        )
    })
}

/// Features of the dependency that features of its users switched on: in the copy they are
/// decided, once and for all.
pub(super) fn decided(of: &Extraction<'_>, plan: &Plan) -> BTreeSet<String> {
    let upstream = &of.gathered.upstream;
    let kept = plan.files.iter();
    let kept = kept.filter_map(|file| of.gathered.texts.get(file.file as usize));
    let kept: Vec<&String> = kept.collect();
    let mut out = BTreeSet::new();
    for &user in &of.users {
        let manifest = &of.analysis.project.packages[user].manifest;
        for (feature, of_dependency) in switches(manifest, &upstream.name) {
            let text = format!("\"{of_dependency}\"");
            if !kept.iter().any(|it| it.contains(&text)) {
                continue;
            }
            let how = if upstream.features.contains(of_dependency) {
                "with"
            } else {
                "without"
            };
            out.insert(format!(
                "`{feature}` switched `{of_dependency}` of `{}` on: the copy is {how} it, \
                 whatever the package is built with",
                upstream.name
            ));
        }
    }
    out
}

/// Features of a package that switch features of a dependency on: `a = ["dep/b"]`, `["dep?/b"]`.
fn switches<'a>(manifest: &'a Manifest, dependency: &str) -> Vec<(&'a str, &'a str)> {
    let declared = manifest.dependencies.iter();
    let of_it = declared.filter(|it| it.name == dependency);
    let keys: BTreeSet<&str> = of_it
        .map(|it| it.rename.as_deref().unwrap_or(&it.name))
        .collect();
    let mut out = Vec::new();
    for (feature, words) in &manifest.features {
        for (key, of_dependency) in words.iter().filter_map(|word| word.split_once('/')) {
            if keys.contains(key.strip_suffix('?').unwrap_or(key)) {
                out.push((feature.as_str(), of_dependency));
            }
        }
    }
    out
}
