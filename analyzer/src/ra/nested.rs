//! Files that are nested too deep to be read.
//!
//! rust-analyzer frees its syntax trees in a thread of its own, node within node, on the stack that
//! a thread has by default: a stranger's file with ten thousand brackets within each other would
//! end the process. So what is deeper than any program is left out before the database sees it.
//!
//! Brackets alone do not tell: signs, calls and sums nest as well. An estimate by tokens, never
//! below the truth, lets nearly every file pass; the others are parsed, and measured.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};
use ra_ap_span::Edition;
use ra_ap_syntax::{AstNode as _, SourceFile, WalkEvent};

/// Nodes within each other that are freed with a quarter of a thread's stack, unoptimized.
pub(super) const DEEPEST: usize = 1024;
/// By how many nodes one token may make a tree deeper: `<` in `Vec<u8>` opens a list, an argument, a
/// type, a path and its segment.
const NODES: usize = 5;
/// Above this estimate parsing alone could need more stack than the engine's threads have.
const HOPELESS: usize = 100_000;

/// False where a file's tree is surely no deeper than [`DEEPEST`]. Takes no stack.
pub(super) fn may_be_too_deep(text: &str) -> bool {
    open_tokens(text) > DEEPEST / NODES
}

/// Whether a file's tree would be deeper than [`DEEPEST`]. To be asked on a big stack.
pub(super) fn is_too_deep(text: &str) -> bool {
    may_be_too_deep(text) && (open_tokens(text) > HOPELESS || depth(text) > DEEPEST)
}

/// What is open at one level of brackets.
#[derive(Default)]
struct Level {
    /// That closes it.
    closing: Option<TokenKind>,
    /// Tokens of the expression, type or pattern so far: each may be within the one before.
    tokens: usize,
    /// `<` and `|` that may go on behind a comma.
    pairs: usize,
}

/// The most tokens that may stand within each other somewhere in the text.
fn open_tokens(text: &str) -> usize {
    let mut levels = vec![Level::default()];
    let (mut sum, mut most, mut at) = (0, 0, 0);
    // The tokens before, as far as they say how this one is to be taken.
    let (mut after_block, mut arrow) = (false, false);
    for token in tokenize(text, FrontmatterAllowed::No) {
        let word = &text[at..at + token.len as usize];
        at += token.len as usize;
        let kind = token.kind;
        if is_trivia(kind) {
            arrow = false;
            continue;
        }
        let Some(level) = levels.last_mut() else {
            break;
        };
        if level.closing == Some(kind) {
            sum -= level.tokens + level.pairs;
            levels.pop();
            (after_block, arrow) = (kind == TokenKind::CloseBrace, false);
            continue;
        }
        let goes_on = match kind {
            // What comes behind a block by a word of its own is not within it.
            TokenKind::Ident => !after_block || ["else", "as"].contains(&word),
            TokenKind::RawIdent | TokenKind::Literal { .. } | TokenKind::Pound => !after_block,
            TokenKind::Comma | TokenKind::Semi => false,
            _ => true,
        };
        if !goes_on {
            sum -= level.tokens;
            level.tokens = 0;
        }
        match kind {
            TokenKind::Semi => {
                sum -= level.pairs;
                level.pairs = 0;
            }
            TokenKind::Lt | TokenKind::Or => {
                level.pairs += 1;
                sum += 1;
            }
            TokenKind::Gt if !arrow && level.pairs > 0 => {
                level.pairs -= 1;
                sum -= 1;
            }
            _ => {}
        }
        level.tokens += 1;
        sum += 1;
        most = most.max(sum);
        after_block = false;
        arrow = matches!(kind, TokenKind::Minus | TokenKind::Eq);
        let closing = match kind {
            TokenKind::OpenParen => TokenKind::CloseParen,
            TokenKind::OpenBracket => TokenKind::CloseBracket,
            TokenKind::OpenBrace => TokenKind::CloseBrace,
            _ => continue,
        };
        levels.push(Level {
            closing: Some(closing),
            ..Level::default()
        });
    }
    most
}

fn is_trivia(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. }
    )
}

/// How deep the tree is.
fn depth(text: &str) -> usize {
    // A parser that gives up would give up again.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        SourceFile::parse(text, Edition::CURRENT)
    }));
    let Ok(parsed) = parsed else {
        return usize::MAX;
    };
    let (mut depth, mut deepest) = (0, 0);
    for event in parsed.tree().syntax().preorder() {
        match event {
            WalkEvent::Enter(_) => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            WalkEvent::Leave(_) => depth -= 1,
        }
    }
    if deepest > DEEPEST {
        // To free it is what must not happen.
        std::mem::forget(parsed);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// On a stack as the engine has it.
    fn on_a_big_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        let thread = std::thread::Builder::new().stack_size(512 << 20);
        thread.spawn(work).unwrap().join().unwrap()
    }

    fn body(inner: &str) -> String {
        format!("fn f() -> u32 {{ {inner} }}\n")
    }

    #[test]
    fn what_no_program_has() {
        on_a_big_stack(|| {
            let n = 3000;
            let deep = [
                format!("{}1{}", "(".repeat(n), ")".repeat(n)),
                format!("{}1", "!".repeat(n)),
                format!("1{}", " + 1".repeat(n)),
                format!("1{}", ".abs()".repeat(n)),
                format!("1{}", "?".repeat(n)),
                format!("1{}", " as u32".repeat(n)),
                format!("a{}", "::a".repeat(n)),
                format!("{}1", "|a, b| ".repeat(n)),
                format!("{}u8{}", "A::<u8, ".repeat(n), ">".repeat(n)),
                format!("if a {{}}{}", " else if a {}".repeat(n)),
                "(".repeat(n),
            ];
            for text in deep {
                assert!(is_too_deep(&body(&text)), "{}", &text[..20]);
            }
            assert!(is_too_deep(&"(".repeat(HOPELESS * 100)));
        });
    }

    #[test]
    fn what_programs_have() {
        on_a_big_stack(|| {
            let n = 3000;
            let flat = [
                "f(1, a < b, c << 2);".repeat(n),
                "if a < b { c } else { d }".repeat(n),
                format!("match a {{ {} }}", "A => { b.c() } 'x' => {}".repeat(n)),
                format!("match a {{ 0 {} => 1, _ => 2 }}", "| 1..=2 ".repeat(n)),
                format!("\"{}\"", "(".repeat(n)),
                format!("m! {{ {} }}", "a b + c { d } ".repeat(n)),
            ];
            for text in flat {
                assert!(!is_too_deep(&body(&text)), "{}", &text[..20]);
            }
            let items = "#[a] pub fn f(a: &A<B>) -> C { d }\nimpl A for B { type C = D; }\n";
            assert!(open_tokens(&items.repeat(n)) < 100);
        });
    }

    /// The estimate is never below the truth, and what passes is freed with a small stack.
    #[test]
    fn freed_with_a_small_stack() {
        let n = DEEPEST - 10;
        let text = body(&format!("{}1{}", "(".repeat(n), ")".repeat(n)));
        let green = on_a_big_stack(move || {
            assert!(!is_too_deep(&text));
            let parsed = SourceFile::parse(&text, Edition::CURRENT);
            parsed.tree().syntax().green().to_owned()
        });
        let small = std::thread::Builder::new().stack_size(1 << 20);
        small.spawn(move || drop(green)).unwrap().join().unwrap();
    }
}
