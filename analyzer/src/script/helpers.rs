//! Helper crates of build scripts whose meaning is known: a reviewed table by crate and
//! function, so that their sources need not be interpreted.
//!
//! | crate | what it means here |
//! |---|---|
//! | `autocfg` | versions are known; probes of std's crates and primitive types succeed; others are guessed to |
//! | `version_check`, `rustc_version`, `semver` | answered from the known version |
//! | `cc`, `cmake`, `nasm` | native code: nothing for Rust code to see |
//! | `pkg_config`, `vcpkg` | whether a library is there is not known |
//! | `cfg_aliases` | conditions over the target's cfgs |

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::cfg::Condition;
use super::interp::{Flow, Interp};
use super::value::{Doubt, Place, Struct, Value, shorten};
use super::zones;

/// `1.2.3-pre` as a `Result` of a version.
pub(super) fn version(text: &str) -> Value {
    let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
    let parts: Vec<Option<i128>> = numbers.split('.').map(|p| p.parse().ok()).collect();
    match parts.as_slice() {
        [Some(major), Some(minor), Some(patch)] => Value::ok(Value::structure(
            "Version",
            [
                ("major", Value::Int(*major)),
                ("minor", Value::Int(*minor)),
                ("patch", Value::Int(*patch)),
                ("pre", Value::str(pre)),
            ],
        )),
        _ => Value::error("ParseVersionError"),
    }
}

/// `1`, `1.36`, `1.36.0` as numbers.
fn numbers(text: &str) -> Option<(u32, u32, u32)> {
    let text = text.split('-').next()?;
    let mut parts = text.split('.').map(str::parse::<u32>);
    let major = parts.next()?.ok()?;
    let rest: Vec<u32> = parts.collect::<Result<_, _>>().ok()?;
    Some((
        major,
        rest.first().copied().unwrap_or(0),
        rest.get(1).copied().unwrap_or(0),
    ))
}

impl Interp<'_> {
    fn release(&self) -> &str {
        self.input.release()
    }

    /// A call into a helper crate; `None` when it is none of the table's.
    pub(super) fn helper(&mut self, path: &[String], args: &[Value]) -> Flow<Option<Value>> {
        let [krate, .., name] = path else {
            return Ok(None);
        };
        let name = name.as_str();
        Ok(Some(match krate.as_str() {
            "autocfg" => {
                let of_type = path.iter().any(|part| part == "AutoCfg");
                return self.autocfg(name, args, of_type).map(Some);
            }
            "cc" | "cmake" | "nasm_rs" | "gcc" => match name {
                "new" => Value::structure("NativeBuild", []),
                _ => Value::Unknown(Doubt::new(
                    "native build",
                    "what a C compiler would make",
                    true,
                )),
            },
            "pkg_config" | "vcpkg" => match name {
                "new" => Value::structure("LibraryProbe", []),
                _ => return self.library(args).map(Some),
            },
            "version_check" => return self.version_check(name, args).map(Some),
            "rustc_version" | "semver" => match name {
                "version" => version(self.release()),
                "version_meta" => {
                    let channel = if self.input.is_stable() {
                        "Stable"
                    } else {
                        "Nightly"
                    };
                    let known = match version(self.release()) {
                        Value::Variant(v) => v.fields[0].clone(),
                        other => other,
                    };
                    Value::ok(Value::structure(
                        "VersionMeta",
                        [
                            ("semver", known),
                            ("channel", Value::variant("Channel", channel, Vec::new())),
                            (
                                "short_version_string",
                                Value::str(
                                    self.input.rustc_verbose.lines().next().unwrap_or_default(),
                                ),
                            ),
                            (
                                "host",
                                Value::str(self.input.env.get("HOST").cloned().unwrap_or_default()),
                            ),
                        ],
                    ))
                }
                "parse" if path.contains(&"Version".to_owned()) => {
                    match args.first().and_then(Value::text) {
                        Some(text) => version(text),
                        None => return Ok(None),
                    }
                }
                "new" if args.len() == 3 => Value::structure(
                    "Version",
                    [
                        ("major", args[0].clone()),
                        ("minor", args[1].clone()),
                        ("patch", args[2].clone()),
                        ("pre", Value::str("")),
                    ],
                ),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }

    fn library(&mut self, args: &[Value]) -> Flow {
        let name = args
            .first()
            .map_or_else(String::new, |a| super::format::plain(a, false));
        Ok(Value::Unknown(Doubt::new(
            format!("library {name}"),
            format!("whether the library `{}` is installed", shorten(&name)),
            false,
        )))
    }

    fn version_check(&mut self, name: &str, args: &[Value]) -> Flow {
        let wanted = args.first().and_then(Value::text).and_then(numbers);
        let own = numbers(self.release());
        let compared = |is: fn(std::cmp::Ordering) -> bool| {
            let known = wanted
                .zip(own)
                .map(|(wanted, own)| Value::Bool(is(own.cmp(&wanted))));
            Value::option(known)
        };
        let stable = self.input.is_stable();
        Ok(match name {
            "is_min_version" => compared(std::cmp::Ordering::is_ge),
            "is_max_version" => compared(std::cmp::Ordering::is_le),
            "is_exact_version" => compared(std::cmp::Ordering::is_eq),
            "is_feature_flaggable" => Value::some(Value::Bool(!stable)),
            "supports_feature" if stable => Value::some(Value::Bool(false)),
            "read" => Value::some(Value::structure("Checked", [])),
            "triple" => {
                let checked = || Value::structure("Checked", []);
                Value::some(Value::tuple(vec![checked(), checked(), checked()]))
            }
            _ => Value::Unknown(Doubt::new(
                format!("version_check::{name} {}", self.line),
                "what `version_check` finds",
                true,
            )),
        })
    }

    fn autocfg(&mut self, name: &str, args: &[Value], of_type: bool) -> Flow {
        Ok(match name {
            // `autocfg::new()` gives it bare, `AutoCfg::new()` in a `Result`.
            "new" if of_type => Value::ok(Value::structure("AutoCfg", [])),
            "new" => Value::structure("AutoCfg", []),
            "emit" => {
                let flag =
                    super::format::plain(&args.first().cloned().unwrap_or(Value::Unit), false);
                self.emit_cfg(&flag);
                Value::Unit
            }
            "emit_possibility" | "rerun_path" | "rerun_env" => Value::Unit,
            _ => return self.opaque(&format!("`autocfg::{name}`")),
        })
    }

    fn emit_cfg(&mut self, flag: &str) {
        self.effects.stdout.push_str("cargo:rustc-cfg=");
        self.effects.stdout.push_str(flag);
        self.effects.stdout.push('\n');
    }

    /// Methods of `AutoCfg`.
    fn autocfg_method(&mut self, name: &str, args: &[Value]) -> Flow {
        let text = |at: usize| args.get(at).and_then(Value::text).map(str::to_owned);
        let numbers: Vec<i128> = args
            .iter()
            .filter_map(|arg| match arg {
                Value::Int(int) => Some(*int),
                _ => None,
            })
            .collect();
        match name {
            "set_no_std" | "set_edition" => return Ok(Value::Unit),
            "no_std" | "edition" => {
                return Ok(Value::Unknown(Doubt::new(
                    "autocfg state",
                    "a probe's setting",
                    false,
                )));
            }
            "emit_possibility" => return Ok(Value::Unit),
            _ => {}
        }
        let (emits, what) = match name.split_once('_') {
            Some(("emit", what)) => (true, what.trim_end_matches("_cfg")),
            Some(("probe", what)) => (false, what),
            _ => return self.give_up(format!("`AutoCfg::{name}`")),
        };
        let Some(subject) = text(0).or_else(|| (what == "rustc_version").then(String::new)) else {
            return self.opaque(&format!("`AutoCfg::{name}`"));
        };
        let answer = match (what, numbers.as_slice()) {
            ("rustc_version", [major, minor]) => {
                let wanted = (*major, *minor);
                let own = self.input.minor().map(|minor| (1, i128::from(minor)));
                Value::Bool(own.is_some_and(|own| own >= wanted))
            }
            ("sysroot_crate", _)
                if ["core", "alloc", "std"].contains(&&*subject) && !self.is_bare() =>
            {
                Value::Bool(true)
            }
            ("type", _) if ["i128", "u128", "usize", "bool", "char"].contains(&&*subject) => {
                Value::Bool(true)
            }
            _ => Value::Unknown(Doubt::new(
                format!("autocfg {what} {subject}"),
                format!("whether the compiler knows `{}`", shorten(&subject)),
                true,
            )),
        };
        if !emits {
            return Ok(answer);
        }
        if self.truth(answer)? {
            let flag = match (what, name.ends_with("_cfg")) {
                (_, true) => match text(1) {
                    Some(flag) => flag,
                    None => return self.opaque("`AutoCfg`"),
                },
                ("rustc_version", _) => {
                    format!(
                        "rustc_{}_{}",
                        numbers.first().unwrap_or(&1),
                        numbers.get(1).unwrap_or(&0)
                    )
                }
                ("has_path" | "has_type" | "has_trait", _) => format!("has_{}", mangle(&subject)),
                ("sysroot_crate", _) => format!("has_{}", mangle(&subject)),
                _ => return self.opaque(&format!("`AutoCfg::{name}`")),
            };
            self.emit_cfg(&flag);
        }
        Ok(Value::Unit)
    }

    /// A target without an operating system has no std.
    fn is_bare(&self) -> bool {
        self.input
            .env
            .get("CARGO_CFG_TARGET_OS")
            .is_none_or(|os| os == "none")
    }

    pub(super) fn helper_method(
        &mut self,
        place: &Place,
        structure: &Struct,
        name: &str,
        args: Vec<Value>,
    ) -> Flow {
        let wanted = args.first().and_then(Value::text).and_then(numbers);
        let own = numbers(self.release());
        Ok(match (structure.ty.as_str(), name) {
            ("NativeBuild", "compile" | "build") => Value::Unit,
            ("NativeBuild", "try_compile") => Value::ok(Value::Unit),
            (
                "NativeBuild",
                "get_compiler"
                | "try_get_compiler"
                | "is_flag_supported"
                | "expand"
                | "compile_intermediates",
            ) => Value::Unknown(Doubt::new(
                format!("compiler {name}"),
                "what the C compiler is",
                true,
            )),
            (
                "NativeBuild" | "LibraryProbe",
                "probe" | "find" | "probe_library" | "find_package",
            ) => {
                return self.library(&args);
            }
            // Builders give themselves.
            ("NativeBuild" | "LibraryProbe", _) => Value::Ref(place.clone()),
            ("Checked", "at_least") => Value::Bool(own.zip(wanted).is_some_and(|(a, b)| a >= b)),
            ("Checked", "at_most") => Value::Bool(own.zip(wanted).is_some_and(|(a, b)| a <= b)),
            ("Checked", "is_nightly" | "is_dev" | "supports_features") => {
                Value::Bool(!self.input.is_stable())
            }
            ("Checked", "is_stable") => Value::Bool(self.input.is_stable()),
            ("Checked", "to_string") => Value::str(self.release()),
            ("Version", "is_empty") => Value::Bool(false),
            _ if zones::is_of(structure) => {
                return self.zone_method(place, structure, name, &args);
            }
            (ty @ ("Tera" | "TeraContext"), _) => return self.tera_method(place, ty, name, &args),
            ("AutoCfg", _) => return self.autocfg_method(name, &args),
            ("Entry", _) => return self.entry_method(structure, name, &args),
            (ty, _) => return self.give_up(format!("method `{name}` of `{ty}`")),
        })
    }

    fn entry_method(&mut self, entry: &Struct, name: &str, args: &[Value]) -> Flow {
        let (Some(Value::Ref(map)), Some(key)) = (entry.fields.get("map"), entry.fields.get("key"))
        else {
            return self.give_up("a map's entry");
        };
        let (map, key) = (map.clone(), key.clone());
        let find = |map: &Place| match map.get() {
            Some(Value::Map(entries)) => entries
                .iter()
                .position(|(k, _)| k.compare(&key) == Some(std::cmp::Ordering::Equal)),
            _ => None,
        };
        let arg = args.first().cloned().unwrap_or(Value::Unit);
        if find(&map).is_none() {
            let value = match name {
                "or_insert" => arg,
                "or_insert_with" => self.apply(&arg, Vec::new())?,
                // Its type is not known; nearly always a list or a number.
                _ => return self.give_up(format!("`{name}` of an entry")),
            };
            map.change(|here| super::maps::put(here, key.clone(), value));
        }
        match find(&map) {
            Some(at) => Ok(Value::Ref(map.step(super::value::Step::Entry(at)))),
            None => self.give_up("a map's entry"),
        }
    }

    /// `cfg_aliases! { name: { condition }, … }`: conditions over the target's cfgs, the
    /// features, and the aliases before.
    pub(super) fn cfg_aliases(&mut self, tokens: &TokenStream) -> Flow {
        let mut on: Vec<String> = Vec::new();
        let mut tokens = tokens.clone().into_iter();
        while let Some(token) = tokens.next() {
            let TokenTree::Ident(name) = token else {
                return self.opaque("`cfg_aliases!`");
            };
            let body = match (tokens.next(), tokens.next(), tokens.next()) {
                (Some(TokenTree::Punct(_)), Some(TokenTree::Group(body)), _)
                    if body.delimiter() == Delimiter::Brace =>
                {
                    body
                }
                _ => return self.opaque("`cfg_aliases!`"),
            };
            let Some(condition) = Condition::read(body.stream()) else {
                return self.opaque("`cfg_aliases!`");
            };
            let input = self.input;
            if condition
                .holds(&|flag| on.iter().any(|alias| alias == flag) || input.is_target_cfg(flag))
            {
                on.push(name.to_string());
                self.emit_cfg(&name.to_string());
            }
        }
        Ok(Value::Unit)
    }
}

/// As autocfg writes a path into a cfg.
fn mangle(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect()
}
