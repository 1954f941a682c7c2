//! Methods of texts.

use super::interp::{Flow, Interp};
use super::items::type_name;
use super::value::{Doubt, Place, Value};

impl Interp<'_> {
    pub(super) fn text_method(
        &mut self,
        place: &Place,
        value: &Value,
        name: &str,
        args: Vec<Value>,
        hint: Option<&syn::Type>,
    ) -> Flow {
        let is_path = matches!(value, Value::Path(_));
        let whole = match value {
            Value::Str(text) | Value::Path(text) => std::rc::Rc::clone(text),
            _ => return self.give_up("a text"),
        };
        // What works on texts that are only partly known.
        match name {
            "as_str" | "as_bytes" | "into_bytes" | "as_os_str" | "into_boxed_str"
            | "to_string_lossy" | "into_os_string" | "display" | "as_path" | "to_path_buf"
            | "into_owned" | "trim_ascii" | "into_string_lossy" | "as_encoded_bytes" | "leak" => {
                let stays = matches!(name, "as_path" | "to_path_buf" | "into_owned");
                return Ok(if stays {
                    value.clone()
                } else {
                    Value::Str(whole)
                });
            }
            "to_str" => return Ok(Value::some(Value::Str(whole))),
            "into_string" => return Ok(Value::ok(Value::Str(whole))),
            "join" | "push" if is_path => return self.join_path(place, &whole, name, &args),
            "push" | "push_str" => {
                let more = args.first().cloned().unwrap_or(Value::Unit).deref();
                let more = super::format::plain(&more, false);
                self.allocate(more.len())?;
                place.change(|here| {
                    if let Value::Str(text) = here {
                        std::rc::Rc::make_mut(text).push_str(&more);
                    }
                });
                return Ok(Value::Unit);
            }
            "exists" | "is_file" | "is_dir" => return self.exists(&Value::Path(whole), name),
            "try_exists" => return self.exists(&Value::Path(whole), "exists").map(Value::ok),
            "metadata" | "canonicalize" | "read_dir" => {
                return self.file_function("fs", name, std::slice::from_ref(value));
            }
            _ => {}
        }
        let known = std::iter::once(value)
            .chain(&args)
            .all(|v| v.doubt().is_none());
        if !known {
            let doubt = std::iter::once(value).chain(&args).find_map(Value::doubt);
            let doubt = doubt.unwrap_or_else(|| Doubt::new("text", "a text", false));
            let shown: Vec<String> = args.iter().map(|a| super::format::plain(a, true)).collect();
            let doubt = doubt.about(&format!("{name}({})", shown.join(",")));
            return self.unknown_call(
                &Doubt {
                    likely: false,
                    ..doubt
                },
                &args,
            );
        }
        let text: &str = &whole;
        if is_path && let Some(found) = self.path_method(text, name, &args)? {
            return Ok(found);
        }
        self.known_text(place, text, name, &args, hint)
    }

    fn known_text(
        &mut self,
        place: &Place,
        text: &str,
        name: &str,
        args: &[Value],
        hint: Option<&syn::Type>,
    ) -> Flow {
        self.spend(1 + text.len() / 256)?;
        let texts = |parts: Vec<&str>| Value::iter(parts.into_iter().map(Value::str).collect());
        let arg = args.first().cloned().map(Value::deref);
        if let Some(pattern) = &arg
            && let Some(found) = self.text_search(text, name, pattern, args)?
        {
            return Ok(found);
        }
        Ok(match name {
            "len" => Value::Int(text.len() as i128),
            "is_empty" => Value::Bool(text.is_empty()),
            "trim" => Value::str(text.trim()),
            "trim_start" | "trim_left" => Value::str(text.trim_start()),
            "trim_end" | "trim_right" => Value::str(text.trim_end()),
            "to_uppercase" | "to_ascii_uppercase" => Value::str(text.to_uppercase()),
            "to_lowercase" | "to_ascii_lowercase" => Value::str(text.to_lowercase()),
            "lines" => texts(text.lines().collect()),
            "split_whitespace" | "split_ascii_whitespace" => {
                texts(text.split_whitespace().collect())
            }
            "chars" => {
                self.allocate(text.len() * 16)?;
                Value::iter(text.chars().map(Value::Char).collect())
            }
            "char_indices" => {
                self.allocate(text.len() * 32)?;
                let pair = |(at, c): (usize, char)| {
                    Value::tuple(vec![Value::Int(at as i128), Value::Char(c)])
                };
                Value::iter(text.char_indices().map(pair).collect())
            }
            "bytes" | "iter" | "into_iter" => {
                self.allocate(text.len() * 16)?;
                Value::iter(text.bytes().map(|b| Value::Int(b.into())).collect())
            }
            "parse" => return self.parse_text(text, hint),
            "repeat" => match arg {
                Some(Value::Int(count @ 0..=1_000_000)) => {
                    let count = usize::try_from(count).unwrap_or(0);
                    self.allocate(text.len().saturating_mul(count))?;
                    Value::str(text.repeat(count))
                }
                _ => return self.give_up("`repeat`"),
            },
            "clear" => {
                place.change(|here| *here = Value::str(""));
                Value::Unit
            }
            "pop" => {
                let mut text = text.to_owned();
                let last = text.pop();
                place.change(|here| *here = Value::str(text));
                Value::option(last.map(Value::Char))
            }
            "truncate" => match arg {
                Some(Value::Int(len)) => {
                    let len = usize::try_from(len).unwrap_or(usize::MAX);
                    let kept = text.get(..len.min(text.len())).unwrap_or(text).to_owned();
                    place.change(|here| *here = Value::str(kept));
                    Value::Unit
                }
                _ => return self.give_up("`truncate`"),
            },
            "extend" | "reserve" | "shrink_to_fit" if name != "extend" => Value::Unit,
            "is_char_boundary" => Value::Bool(true),
            "escape_default" | "escape_debug" => Value::str(text.escape_default().to_string()),
            _ => return self.give_up(format!("`{name}` of a text")),
        })
    }

    /// Whether `c` is one of those a pattern means.
    fn char_matches(&mut self, pattern: &Value, c: char) -> Flow<bool> {
        match pattern {
            Value::Char(wanted) => Ok(*wanted == c),
            Value::List(all) => Ok(all
                .iter()
                .any(|one| matches!(one, Value::Char(wanted) if *wanted == c))),
            Value::Native(path) => {
                let name = path.rsplit("::").next().unwrap_or_default().to_owned();
                let holds = self.char_method(c, &name)?;
                self.truth(holds)
            }
            callable => {
                let holds = self.apply(callable, vec![Value::Char(c)])?;
                self.truth(holds)
            }
        }
    }

    /// Methods that take a pattern: as byte ranges of its matches.
    fn text_search(
        &mut self,
        text: &str,
        name: &str,
        pattern: &Value,
        args: &[Value],
    ) -> Flow<Option<Value>> {
        const SEARCHES: [&str; 26] = [
            "split",
            "rsplit",
            "splitn",
            "rsplitn",
            "split_once",
            "rsplit_once",
            "contains",
            "find",
            "rfind",
            "starts_with",
            "ends_with",
            "strip_prefix",
            "strip_suffix",
            "trim_matches",
            "trim_start_matches",
            "trim_end_matches",
            "trim_left_matches",
            "trim_right_matches",
            "replace",
            "replacen",
            "matches",
            "split_terminator",
            "eq_ignore_ascii_case",
            "split_at",
            "get",
            "split_inclusive",
        ];
        if !SEARCHES.contains(&name) {
            return Ok(None);
        }
        let (count, pattern) = match (name, args) {
            ("splitn" | "rsplitn", [Value::Int(count), pattern]) => (
                usize::try_from(*count).unwrap_or(0),
                pattern.clone().deref(),
            ),
            _ => (usize::MAX, pattern.clone()),
        };
        let mut found: Vec<(usize, usize)> = Vec::new();
        if let Some(wanted) = pattern.text() {
            found.extend(text.match_indices(wanted).map(|(at, m)| (at, at + m.len())));
        } else if matches!(name, "split_at" | "get") {
            return self.give_up(format!("`{name}`"));
        } else {
            for (at, c) in text.char_indices() {
                if self.char_matches(&pattern, c)? {
                    found.push((at, at + c.len_utf8()));
                }
            }
        }
        self.spend(found.len())?;
        let first = found.first().copied();
        let last = found.last().copied();
        let str = |part: &str| Value::str(part);
        let pair =
            |(from, to): (usize, usize)| Value::tuple(vec![str(&text[..from]), str(&text[to..])]);
        let whole = pattern.text();
        Ok(Some(match name {
            "contains" => Value::Bool(first.is_some()),
            "find" => Value::option(first.map(|(at, _)| Value::Int(at as i128))),
            "rfind" => Value::option(last.map(|(at, _)| Value::Int(at as i128))),
            "starts_with" => Value::Bool(first.is_some_and(|(at, _)| at == 0)),
            "ends_with" => Value::Bool(match whole {
                Some(wanted) => text.ends_with(wanted),
                None => last.is_some_and(|(_, end)| end == text.len()),
            }),
            "strip_prefix" => {
                Value::option(first.filter(|f| f.0 == 0).map(|(_, to)| str(&text[to..])))
            }
            "strip_suffix" => match whole {
                Some(wanted) => Value::option(text.strip_suffix(wanted).map(str)),
                None => Value::option(
                    last.filter(|l| l.1 == text.len())
                        .map(|(from, _)| str(&text[..from])),
                ),
            },
            "split_once" => Value::option(first.map(pair)),
            "rsplit_once" => Value::option(last.map(pair)),
            "eq_ignore_ascii_case" => {
                Value::Bool(whole.is_some_and(|w| text.eq_ignore_ascii_case(w)))
            }
            "matches" => Value::iter(
                found
                    .iter()
                    .map(|&(from, to)| str(&text[from..to]))
                    .collect(),
            ),
            "replace" => {
                let by = args.get(1).cloned().unwrap_or(Value::Unit).deref();
                let by = super::format::plain(&by, false);
                self.allocate(text.len() + found.len().saturating_mul(by.len()))?;
                let mut out = String::new();
                let mut at = 0;
                for (from, to) in found {
                    out.push_str(&text[at..from]);
                    out.push_str(&by);
                    at = to;
                }
                out.push_str(&text[at..]);
                Value::str(out)
            }
            "trim_matches" | "trim_start_matches" | "trim_end_matches" | "trim_left_matches"
            | "trim_right_matches" => {
                let (mut from, mut to) = (0, text.len());
                if !name.contains("end") && !name.contains("right") {
                    for &(start, end) in &found {
                        if start == from {
                            from = end;
                        }
                    }
                }
                if !name.contains("start") && !name.contains("left") {
                    for &(start, end) in found.iter().rev() {
                        if end == to && start >= from {
                            to = start;
                        }
                    }
                }
                str(&text[from..to.max(from)])
            }
            "split" | "splitn" | "split_terminator" | "rsplit" | "rsplitn" => {
                if whole == Some("") {
                    return self.give_up("a split by nothing");
                }
                let mut parts = Vec::new();
                if name.starts_with('r') {
                    let mut end = text.len();
                    for &(from, to) in found.iter().rev() {
                        if parts.len() + 1 >= count {
                            break;
                        }
                        parts.push(str(&text[to..end]));
                        end = from;
                    }
                    parts.push(str(&text[..end]));
                } else {
                    let mut at = 0;
                    for &(from, to) in &found {
                        if parts.len() + 1 >= count {
                            break;
                        }
                        parts.push(str(&text[at..from]));
                        at = to;
                    }
                    if name != "split_terminator" || at < text.len() {
                        parts.push(str(&text[at..]));
                    }
                }
                Value::iter(parts)
            }
            _ => return self.give_up(format!("`{name}` of a text")),
        }))
    }

    fn parse_text(&mut self, text: &str, hint: Option<&syn::Type>) -> Flow {
        let name = hint.and_then(inner_type).unwrap_or_default();
        Ok(match name.as_str() {
            "String" | "OsString" => Value::ok(Value::str(text)),
            "PathBuf" => Value::ok(Value::path(text)),
            "bool" => match text.parse::<bool>() {
                Ok(value) => Value::ok(Value::Bool(value)),
                Err(_) => Value::error("ParseBoolError"),
            },
            "char" => match text.parse::<char>() {
                Ok(value) => Value::ok(Value::Char(value)),
                Err(_) => Value::error("ParseCharError"),
            },
            "Version" => super::helpers::version(text),
            "f32" | "f64" => Value::Unknown(Doubt::new("float", "a floating-point number", true)),
            ty => {
                let range = match ty {
                    "u8" => 0..=255,
                    "u16" => 0..=65_535,
                    "u32" => 0..=i128::from(u32::MAX),
                    "i32" => i128::from(i32::MIN)..=i128::from(i32::MAX),
                    "i64" | "isize" => i128::from(i64::MIN)..=i128::from(i64::MAX),
                    _ => 0..=i128::from(u64::MAX),
                };
                match text.parse::<i128>() {
                    Ok(value) if range.contains(&value) => Value::ok(Value::Int(value)),
                    _ => Value::error("ParseIntError"),
                }
            }
        })
    }
}

/// `u32` of `u32`, `Option<u32>` and `Result<u32, …>`.
fn inner_type(ty: &syn::Type) -> Option<String> {
    if let syn::Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && (last.ident == "Option" || last.ident == "Result")
        && let syn::PathArguments::AngleBracketed(args) = &last.arguments
        && let Some(syn::GenericArgument::Type(inner)) = args.args.first()
    {
        return type_name(inner);
    }
    type_name(ty)
}
