//! Conditions in the tokens of a macro's call: replaced by ones that always or never hold.
//!
//! Nobody knows what such tokens become, so nothing of them is taken out; only what is under a
//! condition that never holds counts for nothing.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::within::Walk;
use super::{Decision, split};

impl Walk<'_> {
    /// Conditions in the tokens of a macro's call.
    pub(super) fn tokens(&mut self, tokens: TokenStream) {
        let mut open = false;
        let lit = self.in_tokens(tokens, &mut open);
        if open && !self.elsewhere {
            self.out.elsewhere.push(lit);
        }
    }

    /// Gives the tokens back without the groups under conditions that never hold.
    fn in_tokens(&mut self, tokens: TokenStream, open: &mut bool) -> TokenStream {
        let mut out = TokenStream::new();
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut never = false;
        for (index, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else {
                never &= !is_punct(Some(token), ';');
                out.extend([token.clone()]);
                continue;
            };
            if never && group.delimiter() == Delimiter::Brace {
                never = false;
                self.in_tokens(group.stream(), &mut false);
                continue;
            }
            let before = |back: usize| index.checked_sub(back).and_then(|at| tokens.get(at));
            let called = matches!(before(2), Some(TokenTree::Ident(word)) if word == "cfg")
                && is_punct(before(1), '!')
                && group.delimiter() == Delimiter::Parenthesis;
            let attribute = group.delimiter() == Delimiter::Bracket
                && (is_punct(before(1), '#')
                    || (is_punct(before(1), '!') && is_punct(before(2), '#')));
            if called {
                self.predicate(group.stream());
            } else if attribute {
                never |= self.attribute_tokens(group, open);
            }
            let within = self.in_tokens(group.stream(), open);
            out.extend([TokenTree::Group(Group::new(group.delimiter(), within))]);
        }
        out
    }

    /// `[cfg(…)]` or `[cfg_attr(…)]`; whether it never holds.
    fn attribute_tokens(&mut self, attribute: &Group, open: &mut bool) -> bool {
        let mut tokens = attribute.stream().into_iter();
        let (Some(TokenTree::Ident(word)), Some(TokenTree::Group(list)), None) =
            (tokens.next(), tokens.next(), tokens.next())
        else {
            return false;
        };
        if word == "cfg_attr" {
            if let Some(when) = split(list.stream()).into_iter().next() {
                self.predicate(when);
            }
            return false;
        }
        if word != "cfg" {
            return false;
        }
        match self.predicate(list.stream()) {
            Some(Decision::No) => true,
            Some(Decision::Open(rest)) => {
                *open = true;
                self.note(&[rest]);
                false
            }
            _ => false,
        }
    }
}

pub(super) fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}
