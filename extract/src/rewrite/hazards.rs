//! What in kept code forbids a copy, or only allows it on request.

use super::{Allow, Job, Out, Source};
use crate::lexed::{Kind, Lexed};
use crate::refuse::Reason;

pub(super) fn look(job: &Job<'_>, out: &mut Out) {
    for source in &job.sources {
        for at in 0..source.lexed.tokens.len() {
            match source.lexed.kind(at) {
                Some(Kind::Word) => word(job, source, at, out),
                Some(Kind::Punct('#')) => attribute(job, source, at, out),
                _ => {}
            }
        }
    }
    needs_std(job, out);
}

fn word(job: &Job<'_>, source: &Source<'_>, at: usize, out: &mut Out) {
    let lexed = &source.lexed;
    let allowed = |allow| job.of.allow.contains(&allow);
    let call = lexed.is(at + 1, "!") && matches!(lexed.kind(at + 2), Some(Kind::Open(_)));
    match lexed.str(at) {
        "unsafe" if job.of.module && job.of.host.forbids_unsafe => {
            out.refuse(source.refuse(Reason::UnsafeForbidden, unsafe_code(source, at), at));
        }
        "extern" if !allowed(Allow::Extern) => {
            let open = at + 1 + usize::from(lexed.kind(at + 1) == Some(Kind::Literal));
            if lexed.kind(open) == Some(Kind::Open('{')) {
                let what = format!("`extern` block {}", functions(lexed, open));
                out.refuse(source.refuse(Reason::ForeignFunctions, what.trim_end(), at));
            }
        }
        "asm" | "global_asm" | "naked_asm" | "llvm_asm" if call && !allowed(Allow::Asm) => {
            let what = format!("`{}!` in {}", lexed.str(at), item(source, at));
            out.refuse(source.refuse(Reason::InlineAssembly, what, at));
        }
        "is_x86_feature_detected" | "is_aarch64_feature_detected" if call => {
            simd(job, source, at, out);
        }
        "arch" | "simd" if lexed.kind(at.wrapping_sub(1)) == Some(Kind::PathSep) => {
            let assembly = ["asm", "global_asm", "naked_asm"].contains(&lexed.str(at + 2));
            if at >= 2 && matches!(lexed.str(at - 2), "core" | "std") && !assembly {
                simd(job, source, at, out);
            }
        }
        "static" => {
            let name = at + 1 + usize::from(matches!(lexed.str(at + 1), "mut" | "ref"));
            if lexed.is(name + 1, ":") && (name > at + 1 || !is_constant(lexed, name + 2)) {
                let what = format!("`static {}`", lexed.str(name));
                out.rest
                    .state
                    .insert(source.refuse(Reason::SharedState, what, at));
            }
        }
        _ => {}
    }
}

/// Whether a value of the type at `from` can never change: a table is no state.
fn is_constant(lexed: &Lexed<'_>, from: usize) -> bool {
    let mut at = from;
    while !matches!(lexed.str(at), "=" | ";" | "") {
        let plain = match lexed.kind(at) {
            Some(Kind::Word) => matches!(
                lexed.str(at),
                "u8" | "u16"
                    | "u32"
                    | "u64"
                    | "u128"
                    | "usize"
                    | "i8"
                    | "i16"
                    | "i32"
                    | "i64"
                    | "i128"
                    | "isize"
                    | "f32"
                    | "f64"
                    | "bool"
                    | "char"
                    | "str"
                    | "Option"
            ),
            _ => true,
        };
        if !plain {
            return false;
        }
        // Of an array the length may be anything.
        let length = lexed.is(at + 1, ";") && lexed.tokens[at].up != lexed.tokens[from].up;
        at = match lexed.tokens[at].up {
            Some(open) if length && lexed.is(open, "[") => lexed.tokens[open].mate,
            _ => at + 1,
        };
    }
    true
}

fn attribute(job: &Job<'_>, source: &Source<'_>, hash: usize, out: &mut Out) {
    let lexed = &source.lexed;
    let open = hash + 1 + usize::from(lexed.is(hash + 1, "!"));
    if lexed.kind(open) != Some(Kind::Open('[')) {
        return;
    }
    for at in open + 1..lexed.tokens[open].mate {
        let before = lexed.str(at - 1);
        if lexed.kind(at) != Some(Kind::Word) || !matches!(before, "[" | "(" | ",") {
            continue;
        }
        let word = lexed.str(at);
        let what = format!("`#[{word}]` on {}", next_item(source, hash));
        match word {
            "no_mangle" | "export_name" | "link_section" | "used" if next_is_item(lexed, open) => {
                out.refuse(source.refuse(Reason::ExportedSymbol, what, hash));
            }
            "link" if lexed.kind(at + 1) == Some(Kind::Open('(')) => {
                out.refuse(source.refuse(Reason::NativeLibrary, what, hash));
            }
            "panic_handler" | "global_allocator" | "alloc_error_handler" | "lang" => {
                out.refuse(source.refuse(Reason::RuntimeItem, what, hash));
            }
            "naked" if !job.of.allow.contains(&Allow::Asm) => {
                out.refuse(source.refuse(Reason::InlineAssembly, what, hash));
            }
            "target_feature" if lexed.kind(at + 1) == Some(Kind::Open('(')) => {
                simd(job, source, hash, out);
            }
            _ => {}
        }
    }
}

fn next_is_item(lexed: &Lexed<'_>, open: usize) -> bool {
    lexed.kind(lexed.tokens[open].mate + 1).is_some()
}

fn simd(job: &Job<'_>, source: &Source<'_>, at: usize, out: &mut Out) {
    if !job.of.allow.contains(&Allow::Simd) {
        out.refuse(source.refuse(Reason::Simd, item(source, at), at));
    }
}

/// `unsafe fn f`, `unsafe impl Send for S`, or the block and where it is.
fn unsafe_code(source: &Source<'_>, at: usize) -> String {
    let lexed = &source.lexed;
    if matches!(lexed.str(at + 1), "fn" | "impl" | "trait" | "extern") {
        let end =
            (at..lexed.tokens.len()).find(|&at| matches!(lexed.str(at), "{" | "(" | ";" | "where"));
        let span = lexed.span(at, end.unwrap_or(at + 1).saturating_sub(1));
        let words: Vec<&str> = lexed
            .between(span.start, span.end)
            .split_whitespace()
            .collect();
        return format!("`{}`", words.join(" "));
    }
    let block = if lexed.is(at + 1, "{") {
        "`unsafe { … }`"
    } else {
        "`unsafe`"
    };
    format!("{block} in {}", item(source, at))
}

/// The functions that a block declares.
fn functions(lexed: &Lexed<'_>, open: usize) -> String {
    let within = open + 1..lexed.tokens[open].mate;
    let names = within
        .filter(|&at| lexed.is(at, "fn"))
        .filter_map(|at| lexed.name(at + 1));
    let names: Vec<String> = names.take(5).map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return String::new();
    }
    format!("with {}", names.join(", "))
}

/// The item around a token, in words.
fn item(source: &Source<'_>, at: usize) -> String {
    let lexed = &source.lexed;
    if let Some(rules) = source.outline.macro_around(lexed, at) {
        return format!("the macro `{}!`", rules.name);
    }
    let mut module = source.module.to_vec();
    module.extend(
        source
            .outline
            .inline_path(lexed, at)
            .into_iter()
            .map(str::to_owned),
    );
    // The names of functions and types stand before the brackets around it.
    let named: Vec<&str> = lexed
        .enclosing(at)
        .filter_map(|open| item_of_brace(lexed, open))
        .collect();
    module.extend(named.into_iter().rev().map(str::to_owned));
    match module.join("::") {
        path if path.is_empty() => "the root module".to_owned(),
        path => format!("`{path}`"),
    }
}

/// The name of the function, type, trait or implementing type whose brace this is.
fn item_of_brace<'a>(lexed: &Lexed<'a>, open: usize) -> Option<&'a str> {
    let mut name = None;
    let mut at = lexed.before(open)?;
    while !matches!(lexed.kind(at)?, Kind::Punct(';') | Kind::Open(_)) {
        let token = lexed.tokens[at];
        match token.kind {
            Kind::Close('}') => return None,
            Kind::Close(_) => at = token.mate,
            Kind::Word => match lexed.str(at) {
                "fn" | "trait" | "struct" | "enum" | "union" => return lexed.name(at + 1),
                "impl" => return name,
                "for" => name = lexed.name(at + 1),
                "mod" => return None,
                // Of an impl without `for` the word before its arguments, if any.
                _ if lexed.is(at + 1, "{") || lexed.is(at + 1, "<") => {
                    name = name.or(lexed.name(at));
                }
                _ => {}
            },
            _ => {}
        }
        at = lexed.before(at)?;
    }
    None
}

/// The item that an attribute stands before.
fn next_item(source: &Source<'_>, hash: usize) -> String {
    next_item_from(source, hash).map_or_else(|| "an item".to_owned(), |name| format!("`{name}`"))
}

fn next_item_from(source: &Source<'_>, from: usize) -> Option<String> {
    let lexed = &source.lexed;
    let mut at = from;
    while let Some(kind) = lexed.kind(at) {
        match kind {
            Kind::Open('{') | Kind::Punct(';') | Kind::Close(_) => return None,
            Kind::Open(_) => at = lexed.tokens[at].mate,
            Kind::Word if matches!(lexed.str(at), "fn" | "static" | "mod" | "struct" | "const") => {
                let name = at + 1 + usize::from(lexed.is(at + 1, "mut"));
                if let Some(name) = lexed.name(name).filter(|name| *name != "fn") {
                    return Some(name.to_owned());
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// A package without std takes code that needs none of it.
fn needs_std(job: &Job<'_>, out: &mut Out) {
    let root = job.sources.iter().find(|source| source.is_root);
    let Some(root) = root.filter(|_| job.of.host.no_std && job.of.module) else {
        return;
    };
    let std_item = root
        .outline
        .externs
        .iter()
        .any(|krate| krate.alias == "std");
    let no_std = root
        .outline
        .attributes
        .iter()
        .any(|attribute| attribute.inner && root.lexed.is(attribute.open + 1, "no_std"));
    if std_item || no_std {
        return;
    }
    for source in &job.sources {
        let lexed = &source.lexed;
        for at in 0..lexed.tokens.len() {
            let word = lexed.str(at);
            let path = word == "std" && lexed.kind(at + 1) == Some(Kind::PathSep);
            let of_prelude = matches!(
                word,
                "Vec" | "String" | "Box" | "ToString" | "ToOwned" | "to_string" | "to_owned"
            );
            let call = lexed.is(at + 1, "!")
                && matches!(
                    word,
                    "vec" | "format" | "println" | "eprintln" | "print" | "eprint" | "dbg"
                );
            if lexed.kind(at) == Some(Kind::Word) && (path || of_prelude || call) {
                let what = format!("`{word}` in {}", item(source, at));
                out.refuse(source.refuse(Reason::HostNoStd, what, at));
                break;
            }
        }
    }
}
