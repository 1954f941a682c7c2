//! The values of the table: each rule, each entry of a list.

use super::{Config, CrateEntry, CrateList, Ignore, LIMITS, Limit, MinimumUse, Set};
use crate::error::Result;
use crate::gate::crates::CrateSpec;
use crate::gate::finding::Level;
use crate::gate::rule::Rule;
use crate::gate::toml_reader::{Reader, Table, Value};
use crate::model::{Domain, Domains};
use crate::options::ExecPolicy;

pub(super) fn exec(reader: &Reader<'_>, value: &Value<'_>) -> Result<ExecPolicy> {
    let text = reader.text(value, "exec")?;
    let known = [ExecPolicy::Never, ExecPolicy::Sandbox, ExecPolicy::Trust];
    let found = known.into_iter().find(|policy| policy.as_str() == text);
    found.ok_or_else(|| {
        let names = known.map(ExecPolicy::as_str);
        reader.unknown(value.line, &format!("policy `{text}`"), &text, &names)
    })
}

pub(super) fn read_rules(
    reader: &Reader<'_>,
    name: &str,
    table: &Table<'_>,
    config: &mut Config,
) -> Result<()> {
    let known: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    for (key, value) in reader.entries(table, name, &known)? {
        let Some(rule) = Rule::from_id(key) else {
            continue;
        };
        match rule {
            rule if LIMITS.contains(&rule) => {
                let limit = limit(reader, rule, &value)?;
                config.limits.insert(rule, limit);
            }
            Rule::MinimumUse => config.minimum_use = Some(minimum_use(reader, &value)?),
            Rule::DeniedCrates => config.denied = Some(crate_list(reader, rule, &value)?),
            Rule::AllowedCrates => config.allowed = Some(crate_list(reader, rule, &value)?),
            rule => level_rule(reader, rule, &value, config)?,
        }
    }
    Ok(())
}

/// `40`, or `{ max = 40, level = "warn", domains = ["run"] }`.
fn limit(reader: &Reader<'_>, rule: Rule, value: &Value<'_>) -> Result<Limit> {
    let mut limit = Limit {
        max: 0,
        level: Level::Deny,
        domains: None,
        line: value.line,
    };
    if !value.is_table() {
        limit.max = reader.number(value, rule.id())?;
        return Ok(limit);
    }
    let table = reader.table(value, rule.id())?;
    let mut max = None;
    for (key, value) in reader.entries(&table, rule.id(), &["max", "level", "domains"])? {
        match key {
            "max" => max = Some(reader.number(&value, key)?),
            "level" => limit.level = level(reader, &value)?,
            _ => limit.domains = Some(domains(reader, &value)?),
        }
    }
    limit.max = max.ok_or_else(|| missing(reader, value.line, rule.id(), "max"))?;
    Ok(limit)
}

/// `3`, `0.5`, or `{ percent = 3, level = "warn" }`.
fn minimum_use(reader: &Reader<'_>, value: &Value<'_>) -> Result<MinimumUse> {
    let rule = Rule::MinimumUse.id();
    let mut set = MinimumUse {
        per_mille: 0,
        level: Level::Deny,
        line: value.line,
    };
    if !value.is_table() {
        set.per_mille = reader.per_mille(value, rule)?;
        return Ok(set);
    }
    let table = reader.table(value, rule)?;
    let mut share = None;
    for (key, value) in reader.entries(&table, rule, &["percent", "level"])? {
        match key {
            "percent" => share = Some(reader.per_mille(&value, key)?),
            _ => set.level = level(reader, &value)?,
        }
    }
    set.per_mille = share.ok_or_else(|| missing(reader, value.line, rule, "percent"))?;
    Ok(set)
}

/// `["a", { crate = "b@1", reason = "…" }]`, or `{ crates = […], level = "warn" }`.
fn crate_list(reader: &Reader<'_>, rule: Rule, value: &Value<'_>) -> Result<CrateList> {
    let mut list = CrateList {
        crates: Vec::new(),
        level: Level::Deny,
        line: value.line,
    };
    let mut entries = None;
    if value.is_table() {
        let table = reader.table(value, rule.id())?;
        for (key, value) in reader.entries(&table, rule.id(), &["crates", "level"])? {
            match key {
                "crates" => entries = Some(reader.array(&value, key)?),
                _ => list.level = level(reader, &value)?,
            }
        }
    } else {
        entries = Some(reader.array(value, rule.id())?);
    }
    let entries = entries.ok_or_else(|| missing(reader, value.line, rule.id(), "crates"))?;
    for entry in entries {
        list.crates.push(crate_entry(reader, rule, &entry)?);
    }
    Ok(list)
}

fn crate_entry(reader: &Reader<'_>, rule: Rule, value: &Value<'_>) -> Result<CrateEntry> {
    let mut reason = None;
    let mut spec = None;
    if value.is_table() {
        let table = reader.table(value, rule.id())?;
        for (key, value) in reader.entries(&table, rule.id(), &["crate", "reason"])? {
            match key {
                "crate" => spec = Some(crate_spec(reader, &value)?),
                _ => reason = Some(reader.sentence(&value, key)?),
            }
        }
    } else {
        spec = Some(crate_spec(reader, value)?);
    }
    Ok(CrateEntry {
        spec: spec.ok_or_else(|| missing(reader, value.line, rule.id(), "crate"))?,
        reason,
        line: value.line,
    })
}

fn crate_spec(reader: &Reader<'_>, value: &Value<'_>) -> Result<CrateSpec> {
    let text = reader.text(value, "crate")?;
    CrateSpec::parse(&text).ok_or_else(|| {
        reader.wrong(
            value.line,
            &format!("`{text}` is neither a crate's name nor `name@version-requirement`"),
            "write `openssl` or `openssl@<0.10`",
        )
    })
}

/// `"warn"`, or `{ level = "warn" }`; `new-direct` may have a `max` there.
fn level_rule(
    reader: &Reader<'_>,
    rule: Rule,
    value: &Value<'_>,
    config: &mut Config,
) -> Result<()> {
    let counts = rule == Rule::NewDirect;
    let line = value.line;
    let mut set = |value| config.levels.insert(rule, Set { value, line });
    if !value.is_table() {
        set(level(reader, value)?);
        return Ok(());
    }
    let table = reader.table(value, rule.id())?;
    let keys: &[&str] = if counts {
        &["level", "max"]
    } else {
        &["level"]
    };
    for (key, value) in reader.entries(&table, rule.id(), keys)? {
        if key == "level" {
            set(level(reader, &value)?);
        } else {
            let value = reader.number(&value, key)?;
            config.new_direct = Some(Set { value, line });
        }
    }
    Ok(())
}

pub(super) fn ignore(reader: &Reader<'_>, name: &str, table: &Table<'_>) -> Result<Ignore> {
    let keys = ["rule", "crate", "item", "reason", "owner", "expires"];
    let (mut rule, mut reason) = (None, None);
    let (mut krate, mut item, mut owner, mut expires) = (None, None, None, None);
    for (key, value) in reader.entries(table, name, &keys)? {
        match key {
            "rule" => rule = Some(ignored_rule(reader, &value)?),
            "crate" => krate = Some(crate_spec(reader, &value)?),
            "item" => item = Some(reader.sentence(&value, key)?),
            "reason" => reason = Some(reader.sentence(&value, key)?),
            "owner" => owner = Some(reader.sentence(&value, key)?),
            _ => expires = Some(reader.date(&value, key)?),
        }
    }
    Ok(Ignore {
        rule: rule.ok_or_else(|| missing(reader, table.line, name, "rule"))?,
        reason: reason.ok_or_else(|| missing(reader, table.line, name, "reason"))?,
        krate,
        item,
        owner,
        expires,
        line: table.line,
    })
}

/// What is said about ignores and about the gate itself has a level, but no ignore.
fn ignored_rule(reader: &Reader<'_>, value: &Value<'_>) -> Result<Rule> {
    let text = reader.text(value, "rule")?;
    let own = [Rule::ExpiredIgnore, Rule::StaleIgnore, Rule::Loosened];
    let known: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    match Rule::from_id(&text) {
        Some(rule) if own.contains(&rule) => Err(reader.wrong(
            value.line,
            &format!("`{text}` cannot be ignored"),
            "set its level in `rules`",
        )),
        Some(rule) => Ok(rule),
        None => Err(reader.unknown(value.line, &format!("rule `{text}`"), &text, &known)),
    }
}

fn level(reader: &Reader<'_>, value: &Value<'_>) -> Result<Level> {
    let text = reader.text(value, "level")?;
    let known = [Level::Deny, Level::Warn, Level::Allow];
    let found = known.into_iter().find(|level| level.as_str() == text);
    found.ok_or_else(|| {
        let names = known.map(Level::as_str);
        reader.unknown(value.line, &format!("level `{text}`"), &text, &names)
    })
}

fn domains(reader: &Reader<'_>, value: &Value<'_>) -> Result<Domains> {
    let mut domains = Domains::NONE;
    for value in reader.array(value, "domains")? {
        let text = reader.text(&value, "domains")?;
        let found = Domain::ALL.into_iter().find(|one| one.as_str() == text);
        let names = Domain::ALL.map(Domain::as_str);
        domains |= Domains::of(found.ok_or_else(|| {
            reader.unknown(value.line, &format!("domain `{text}`"), &text, &names)
        })?);
    }
    if domains.is_empty() {
        return Err(reader.wrong(
            value.line,
            "`domains` is empty, so nothing would be counted",
            "leave it out, or name run, build, macro or dev",
        ));
    }
    Ok(domains)
}

fn missing(reader: &Reader<'_>, line: u32, of: &str, key: &str) -> crate::error::Error {
    reader.wrong(
        line,
        &format!("`{of}` has no `{key}`"),
        &format!("add `{key} = …`"),
    )
}
