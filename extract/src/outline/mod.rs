//! What of a file's structure can be seen in its tokens: modules, imports, macros, attributes.
//!
//! Seen within the arguments of macros too, where a syntax tree has nothing: `cfg_if! { mod a; }`
//! declares a module. What looks like an item there and is none does no harm, for everything asked
//! here is asked about tokens that are somewhere.

mod leaves;

use std::collections::BTreeMap;

use crate::lexed::{Kind, Lexed, unraw};
pub(crate) use leaves::Leaf;
use leaves::leaves;

/// What stands before an item's keyword.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// Its first token.
    pub(crate) first: usize,
    /// Its attributes by their `#`; without doc comments.
    pub(crate) attributes: Vec<usize>,
    /// First and last token of `pub`, `pub(crate)`.
    pub(crate) visibility: Option<(usize, usize)>,
}

/// `#[…]` or `#![…]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute {
    /// The `#`.
    pub(crate) hash: usize,
    pub(crate) open: usize,
    pub(crate) inner: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Use<'a> {
    pub(crate) keyword: usize,
    /// The `;`.
    pub(crate) end: usize,
    pub(crate) head: Head,
    pub(crate) leaves: Vec<Leaf<'a>>,
}

/// `macro_rules! name { … }`
#[derive(Debug, Clone)]
pub(crate) struct MacroDef<'a> {
    pub(crate) name: &'a str,
    pub(crate) name_at: usize,
    pub(crate) head: Head,
    /// The bracket of its rules.
    pub(crate) open: usize,
    /// Its last token.
    pub(crate) end: usize,
    /// Its `#[macro_export]`, by the `#`.
    pub(crate) export: Option<usize>,
    pub(crate) local_inner: bool,
}

/// `mod name;` or `mod name { … }`
#[derive(Debug, Clone)]
pub(crate) struct ModItem<'a> {
    pub(crate) name: &'a str,
    pub(crate) head: Head,
    pub(crate) keyword: usize,
    /// Its last token.
    pub(crate) end: usize,
    /// The brace of an inline one.
    pub(crate) open: Option<usize>,
}

/// `extern crate name as alias;`
#[derive(Debug, Clone)]
pub(crate) struct ExternCrate<'a> {
    pub(crate) name: &'a str,
    pub(crate) name_at: usize,
    /// What it is called here; `_` when not at all.
    pub(crate) alias: &'a str,
    pub(crate) alias_at: usize,
    pub(crate) renamed: bool,
    pub(crate) keyword: usize,
    pub(crate) head: Head,
    /// The `;`.
    pub(crate) end: usize,
    /// Its `#[macro_use]`, by the `#`.
    pub(crate) macro_use: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Outline<'a> {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) uses: Vec<Use<'a>>,
    pub(crate) macros: Vec<MacroDef<'a>>,
    pub(crate) mods: Vec<ModItem<'a>>,
    pub(crate) externs: Vec<ExternCrate<'a>>,
    /// Names of other items at their keyword's level: bracket, name.
    pub(crate) items: Vec<(Option<usize>, &'a str)>,
    module_braces: BTreeMap<usize, usize>,
    macro_brackets: BTreeMap<usize, usize>,
}

impl<'a> Outline<'a> {
    pub(crate) fn new(lexed: &Lexed<'a>) -> Self {
        let mut outline = Self {
            attributes: Vec::new(),
            uses: Vec::new(),
            macros: Vec::new(),
            mods: Vec::new(),
            externs: Vec::new(),
            items: Vec::new(),
            module_braces: BTreeMap::new(),
            macro_brackets: BTreeMap::new(),
        };
        for at in 0..lexed.tokens.len() {
            match lexed.kind(at) {
                Some(Kind::Punct('#')) => outline.attribute(lexed, at),
                Some(Kind::Word) => outline.word(lexed, at),
                _ => {}
            }
        }
        outline
    }

    fn attribute(&mut self, lexed: &Lexed<'a>, hash: usize) {
        let inner = lexed.is(hash + 1, "!");
        let open = hash + 1 + usize::from(inner);
        if lexed.kind(open) == Some(Kind::Open('[')) {
            self.attributes.push(Attribute { hash, open, inner });
        }
    }

    fn word(&mut self, lexed: &Lexed<'a>, at: usize) {
        match lexed.str(at) {
            "use" => self.import(lexed, at),
            "mod" => self.module(lexed, at),
            "macro_rules" => self.rules(lexed, at),
            "extern" => self.extern_crate(lexed, at),
            "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static" => {
                let name = at + 1 + usize::from(lexed.is(at + 1, "mut"));
                if let Some(name) = lexed.name(name) {
                    self.items.push((lexed.tokens[at].up, name));
                }
            }
            _ => {}
        }
    }

    fn import(&mut self, lexed: &Lexed<'a>, keyword: usize) {
        let begins = match lexed.kind(keyword + 1) {
            Some(Kind::Word | Kind::PathSep | Kind::Open('{')) => true,
            Some(Kind::Punct(punct)) => punct == '*' || punct == '$',
            _ => false,
        };
        let Some(end) = end_of(lexed, keyword).filter(|_| begins) else {
            return;
        };
        self.uses.push(Use {
            keyword,
            end,
            head: head(lexed, keyword),
            leaves: leaves(lexed, keyword + 1, end),
        });
    }

    fn module(&mut self, lexed: &Lexed<'a>, keyword: usize) {
        let Some(name) = lexed.name(keyword + 1) else {
            return;
        };
        let (end, open) = match lexed.kind(keyword + 2) {
            Some(Kind::Open('{')) => (lexed.tokens[keyword + 2].mate, Some(keyword + 2)),
            Some(Kind::Punct(';')) => (keyword + 2, None),
            _ => return,
        };
        if let Some(open) = open {
            self.module_braces.insert(open, self.mods.len());
        }
        self.mods.push(ModItem {
            name,
            head: head(lexed, keyword),
            keyword,
            end,
            open,
        });
    }

    fn rules(&mut self, lexed: &Lexed<'a>, at: usize) {
        let Some(Kind::Open(bracket)) = lexed.kind(at + 3).filter(|_| lexed.is(at + 1, "!")) else {
            return;
        };
        let Some(name) = lexed.name(at + 2) else {
            return;
        };
        let head = head(lexed, at);
        let named = |name: &str| {
            let mut all = head.attributes.iter().copied();
            all.find(|&hash| lexed.is(hash + 2, name))
        };
        let export = named("macro_export");
        let close = lexed.tokens[at + 3].mate;
        let semicolon = bracket != '{' && lexed.is(close + 1, ";");
        self.macro_brackets.insert(at + 3, self.macros.len());
        self.macros.push(MacroDef {
            name,
            name_at: at + 2,
            open: at + 3,
            end: close + usize::from(semicolon),
            local_inner: export.is_some_and(|hash| lexed.is(hash + 4, "local_inner_macros")),
            export,
            head,
        });
    }

    fn extern_crate(&mut self, lexed: &Lexed<'a>, keyword: usize) {
        let Some(name) = lexed
            .name(keyword + 2)
            .filter(|_| lexed.is(keyword + 1, "crate"))
        else {
            return;
        };
        let renamed = lexed.is(keyword + 3, "as");
        let alias_at = keyword + 2 + 2 * usize::from(renamed);
        let end = keyword + 3 + 2 * usize::from(renamed);
        if !lexed.is(end, ";") {
            return;
        }
        let head = head(lexed, keyword);
        let macro_use = head.attributes.iter().copied();
        self.externs.push(ExternCrate {
            name,
            name_at: keyword + 2,
            alias: unraw(lexed.str(alias_at)),
            alias_at,
            renamed,
            keyword,
            end,
            macro_use: macro_use
                .into_iter()
                .find(|&hash| lexed.is(hash + 2, "macro_use")),
            head,
        });
    }

    /// The inline modules around a token, outermost first.
    pub(crate) fn inline_path(&self, lexed: &Lexed<'_>, at: usize) -> Vec<&'a str> {
        let braces = lexed
            .enclosing(at)
            .filter_map(|open| self.module_braces.get(&open));
        let mut path: Vec<&str> = braces.map(|&index| self.mods[index].name).collect();
        path.reverse();
        path
    }

    /// The brace of the innermost inline module around a token.
    pub(crate) fn module_brace(&self, lexed: &Lexed<'_>, at: usize) -> Option<usize> {
        lexed
            .enclosing(at)
            .find(|open| self.module_braces.contains_key(open))
    }

    /// The macro in whose rules a token stands.
    pub(crate) fn macro_around(&self, lexed: &Lexed<'_>, at: usize) -> Option<&MacroDef<'a>> {
        let mut brackets = lexed.enclosing(at);
        let index = brackets.find_map(|open| self.macro_brackets.get(&open));
        index.map(|&index| &self.macros[index])
    }

    /// The `use` in which a token stands.
    pub(crate) fn use_around(&self, at: usize) -> Option<&Use<'a>> {
        let behind = self.uses.partition_point(|import| import.keyword < at);
        self.uses[..behind].last().filter(|import| at < import.end)
    }

    /// The attribute in which a token stands.
    pub(crate) fn attribute_around(&self, lexed: &Lexed<'_>, at: usize) -> Option<Attribute> {
        let behind = self
            .attributes
            .partition_point(|attribute| attribute.hash <= at);
        let attribute = *self.attributes[..behind].last()?;
        (at <= lexed.tokens[attribute.open].mate).then_some(attribute)
    }

    /// Whether a name means something of its own where a token stands: an import, a module.
    pub(crate) fn is_bound(&self, lexed: &Lexed<'a>, at: usize, name: &str, root: bool) -> bool {
        let module = self.module_brace(lexed, at);
        let within = |place: usize| {
            let up = lexed.tokens[place].up;
            up == module
                || lexed
                    .enclosing(at)
                    .take_while(|&open| Some(open) != module)
                    .any(|open| up == Some(open))
        };
        let imported = self.uses.iter().any(|import| {
            let leaf = |leaf: &Leaf<'a>| leaf.binds == Some(name) && !leaf.is_value(lexed);
            within(import.keyword) && import.leaves.iter().any(leaf)
        });
        let module_item = |item: &ModItem<'a>| item.name == name && within(item.keyword);
        // At the root an `extern crate` is what the name means everywhere.
        let is_root = |item: &ExternCrate<'a>| root && lexed.tokens[item.keyword].up.is_none();
        let krate =
            |item: &ExternCrate<'a>| item.alias == name && !is_root(item) && within(item.keyword);
        imported || self.mods.iter().any(module_item) || self.externs.iter().any(krate)
    }
}

/// The `;` that ends what stands at `at`, on its level.
pub(crate) fn end_of(lexed: &Lexed<'_>, at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        match lexed.kind(at)? {
            Kind::Punct(';') => return Some(at),
            Kind::Open(_) => at = lexed.tokens[at].mate + 1,
            Kind::Close(_) => return None,
            _ => at += 1,
        }
    }
}

/// What stands before the keyword of an item.
pub(crate) fn head(lexed: &Lexed<'_>, keyword: usize) -> Head {
    let mut head = Head {
        first: keyword,
        attributes: Vec::new(),
        visibility: None,
    };
    let Some(before) = lexed.before(keyword) else {
        return head;
    };
    let pub_at = match lexed.kind(before) {
        Some(Kind::Word) => before,
        Some(Kind::Close(')')) => lexed.tokens[before].mate.saturating_sub(1),
        _ => keyword,
    };
    if pub_at < keyword && lexed.is(pub_at, "pub") {
        head.visibility = Some((pub_at, before));
        head.first = pub_at;
    }
    while let Some(before) = lexed.before(head.first) {
        match lexed.kind(before) {
            Some(Kind::Doc(false)) => head.first = before,
            Some(Kind::Close(']')) => {
                let open = lexed.tokens[before].mate;
                let Some(hash) = lexed.before(open).filter(|&hash| lexed.is(hash, "#")) else {
                    break;
                };
                head.attributes.push(hash);
                head.first = hash;
            }
            _ => break,
        }
    }
    head.attributes.reverse();
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_with_their_heads() {
        let text = "/// Doc\n#[macro_export(local_inner_macros)] macro_rules! m [ () => {} ];\n\
            #[macro_use] pub(crate) extern crate a as b; mod c { #[x] pub mod d; }";
        let lexed = Lexed::new(text).unwrap();
        let outline = Outline::new(&lexed);
        let rules = &outline.macros[0];
        assert_eq!(
            (rules.name, rules.local_inner, rules.head.first),
            ("m", true, 0)
        );
        assert_eq!(lexed.str(rules.end), ";");
        let krate = &outline.externs[0];
        assert_eq!((krate.name, krate.alias), ("a", "b"));
        assert!(krate.macro_use.is_some());
        assert_eq!(outline.mods.len(), 2);
        let inner = outline.mods[1].keyword;
        assert_eq!(outline.inline_path(&lexed, inner), ["c"]);
    }
}
