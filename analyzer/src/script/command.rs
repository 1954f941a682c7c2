//! Processes that a script would start: none is.
//!
//! The compiler's version is known without asking. A probe (a snippet handed to the compiler)
//! that asks for unstable features fails on a stable compiler; others are taken to succeed,
//! as a guess. Of other programs nothing is known.

use std::rc::Rc;

use camino::Utf8Path;
use quote::ToTokens;
use syn::parse::Parser;

use super::cfg::{BUILT_IN, Condition};
use super::files::{DEEPEST, nesting};
use super::interp::{Flow, Interp};
use super::value::{Doubt, Place, Struct, Value, shorten};

impl Interp<'_> {
    /// Methods of `Command` and `Child`.
    pub(super) fn command_method(
        &mut self,
        place: &Place,
        command: &Struct,
        name: &str,
        args: &[Value],
    ) -> Flow {
        let first = args.first().cloned().map(Value::deref);
        let add = |place: &Place, field: &str, values: Vec<Value>| {
            place.change(|here| {
                if let Value::Struct(s) = here
                    && let Some(Value::List(list)) = Rc::make_mut(s).fields.get_mut(field)
                {
                    Rc::make_mut(list).extend(values);
                }
            });
        };
        match name {
            "arg" => add(place, "args", first.into_iter().collect()),
            "args" => {
                let list = self.elements(first.unwrap_or(Value::Unit))?;
                add(place, "args", list);
            }
            "env" => add(place, "env", first.into_iter().collect()),
            // Whatever they are.
            "envs" => {
                let doubt = Doubt::new("envs", "variables of a process", true);
                add(place, "env", vec![Value::Unknown(doubt)]);
            }
            "env_remove" | "env_clear" | "stdin" | "stdout" | "stderr" => {}
            // Where its arguments lead is not followed from there.
            "current_dir" => add(place, "folder", first.into_iter().collect()),
            "output" | "status" => {
                let input = Value::str("");
                return self.outcome(command, &input, name == "output");
            }
            "spawn" => {
                let pipe = Value::Shared(Place::new(Value::str("")).cell);
                let child = Value::structure(
                    "Child",
                    [
                        ("command", Value::Struct(Rc::new(command.clone()))),
                        ("stdin", Value::some(pipe.clone())),
                        ("input", pipe),
                        (
                            "stdout",
                            Value::Unknown(Doubt::new("child", "a child's output", true)),
                        ),
                        (
                            "stderr",
                            Value::Unknown(Doubt::new("child", "a child's output", true)),
                        ),
                    ],
                );
                return Ok(Value::ok(child));
            }
            "get_program" => return Ok(command.fields["program"].clone()),
            _ => return self.give_up(format!("`Command::{name}`")),
        }
        Ok(Value::Ref(place.clone()))
    }

    pub(super) fn child_method(&mut self, child: &Struct, name: &str) -> Flow {
        let Some(Value::Struct(command)) = child.fields.get("command") else {
            return self.give_up("a child");
        };
        let input = child.fields.get("input").cloned().unwrap_or(Value::Unit);
        match name {
            "wait" | "wait_with_output" => {
                self.outcome(&command.clone(), &input.deref(), name == "wait_with_output")
            }
            "kill" => Ok(Value::ok(Value::Unit)),
            _ => self.give_up(format!("`Child::{name}`")),
        }
    }

    /// `io::Result<Output>`, or of `ExitStatus`.
    fn outcome(&mut self, command: &Struct, stdin: &Value, with_output: bool) -> Flow {
        let program = command
            .fields
            .get("program")
            .cloned()
            .unwrap_or(Value::Unit)
            .deref();
        let args = match command.fields.get("args") {
            Some(Value::List(list)) => list.to_vec(),
            _ => Vec::new(),
        };
        let mut words: Vec<Value> = vec![program];
        words.extend(args.into_iter().map(Value::deref));
        let is_rustc = |word: &Value| {
            word.text().is_some_and(|text| {
                Some(text) == self.input.env.get("RUSTC").map(String::as_str)
                    || text == "rustc"
                    || text.ends_with("/rustc")
            })
        };
        if !words.first().is_some_and(is_rustc) {
            return self.other_program(&words);
        }
        let texts: Option<Vec<String>> = words[1..]
            .iter()
            .map(|word| word.text().map(str::to_owned))
            .collect();
        let Some(texts) = texts else {
            return self.other_program(&words);
        };
        if let Some(answer) = self.version_text(&texts) {
            let status = Value::structure("ExitStatus", [("success", Value::Bool(true))]);
            return Ok(Value::ok(if with_output {
                let fields = [
                    ("status", status),
                    ("stdout", Value::str(answer)),
                    ("stderr", Value::str("")),
                ];
                Value::structure("Output", fields)
            } else {
                status
            }));
        }
        self.probe(command, &texts, stdin, with_output)
    }

    fn version_text(&self, args: &[String]) -> Option<String> {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let verbose = &self.input.rustc_verbose;
        match args.as_slice() {
            ["--version" | "-V"] => Some(format!("{}\n", verbose.lines().next()?)),
            ["-vV" | "-Vv"]
            | ["--version", "--verbose" | "-v"]
            | ["--verbose" | "-v", "--version" | "-V"] => Some(verbose.clone()),
            ["--print", "sysroot"] | ["--print=sysroot"] => {
                Some(format!("{}\n", self.input.sysroot.as_deref()?))
            }
            _ => None,
        }
    }

    fn other_program(&mut self, words: &[Value]) -> Flow {
        let shown: Vec<String> = words
            .iter()
            .map(|w| super::format::plain(w, false))
            .collect();
        let shown = shown.join(" ").replace(super::value::HOLE, "…");
        // Whether the program is there at all is not known: most are not.
        Ok(Value::Unknown(Doubt::new(
            format!("process {shown}"),
            format!("what `{}` says", shorten(&shown)),
            false,
        )))
    }

    /// Whether a snippet compiles.
    fn probe(&mut self, command: &Struct, args: &[String], stdin: &Value, output: bool) -> Flow {
        let is_elsewhere = !matches!(
            command.fields.get("folder"),
            Some(Value::List(list)) if list.is_empty()
        );
        let source = if args.iter().any(|arg| arg == "-") {
            stdin.text().map(str::to_owned)
        } else if is_elsewhere {
            None
        } else {
            let mut files = args
                .iter()
                .filter(|arg| Utf8Path::new(arg).extension() == Some("rs"));
            match files.next() {
                Some(path) => match self.read_file(&Value::path(path.as_str()))? {
                    Value::Variant(v) if v.name == "Ok" => {
                        v.fields.first().and_then(Value::text).map(str::to_owned)
                    }
                    // A source that is not there does not compile.
                    Value::Variant(_) => return Ok(finished(Value::Bool(false), output)),
                    _ => None,
                },
                None => None,
            }
        };
        let bootstrap = match command.fields.get("env") {
            Some(Value::List(list)) => list
                .iter()
                .any(|name| name.text().is_none_or(|name| name == "RUSTC_BOOTSTRAP")),
            _ => true,
        };
        let bootstrap = bootstrap || self.input.env.contains_key("RUSTC_BOOTSTRAP");
        let Some(source) = source else {
            let words = args.join(" ");
            let doubt = Doubt::new(
                format!("rustc {words}"),
                format!("whether the compiler accepts `{}`", shorten(&words)),
                true,
            );
            return Ok(finished(Value::Unknown(doubt), output));
        };
        let before = std::iter::once("").chain(args.iter().map(String::as_str));
        let cfgs: Vec<&str> = args
            .iter()
            .zip(before)
            .filter_map(|(arg, before)| {
                let joined = arg.strip_prefix("--cfg=");
                joined.or_else(|| (before == "--cfg").then_some(arg.as_str()))
            })
            .collect();
        if self.input.is_stable() && !bootstrap && asks_for_features(&source, &cfgs) {
            return Ok(finished(Value::Bool(false), output));
        }
        let doubt = Doubt::new(
            format!("compiles {source} {cfgs:?}"),
            format!("whether `{}` compiles", shorten(&source)),
            true,
        );
        Ok(finished(Value::Unknown(doubt), output))
    }
}

fn finished(success: Value, output: bool) -> Value {
    let unknown = |what: &str| {
        Value::Unknown(Doubt::new(
            what,
            "what the compiler says of a snippet",
            true,
        ))
    };
    let status = Value::structure("ExitStatus", [("success", success)]);
    Value::ok(if output {
        let fields = [
            ("status", status),
            ("stdout", unknown("probe stdout")),
            ("stderr", unknown("probe stderr")),
        ];
        Value::structure("Output", fields)
    } else {
        status
    })
}

/// `#![feature(…)]`: an error (E0554) for a stable compiler, whatever the feature. Under a
/// `cfg_attr` it depends on the cfgs that the probe is given.
fn asks_for_features(source: &str, cfgs: &[&str]) -> bool {
    let parsed = if source.len() < 256 << 10 && nesting(source) <= DEEPEST {
        syn::parse_file(source).ok()
    } else {
        None
    };
    parsed.is_some_and(|file| {
        let mut inner = file
            .attrs
            .iter()
            .filter(|a| matches!(a.style, syn::AttrStyle::Inner(_)));
        inner.any(|attr| match &attr.meta {
            syn::Meta::List(list) if list.path.is_ident("feature") => true,
            syn::Meta::List(list) if list.path.is_ident("cfg_attr") => {
                let parser =
                    syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
                let Ok(parts) = parser.parse2(list.tokens.clone()) else {
                    return false;
                };
                let mut parts = parts.iter();
                let condition = parts
                    .next()
                    .and_then(|c| Condition::read(c.to_token_stream()));
                // What the compiler itself sets is not looked at.
                let is_given = |flag: &str| !flag.contains('=') && !BUILT_IN.contains(&flag);
                condition.is_some_and(|c| {
                    c.flags().all(is_given) && c.holds(&|flag| cfgs.contains(&flag))
                }) && parts.any(|part| part.path().is_ident("feature"))
            }
            _ => false,
        })
    })
}
