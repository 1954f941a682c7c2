//! Templates and what they give; those that are not understood, and those that mean harm.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Budget, Trouble, render};
use crate::script::json::Data;

fn context() -> BTreeMap<Rc<str>, Data> {
    let text = |text: &str| Data::Text(text.into());
    let list = |all: &[&str]| Data::List(Rc::new(all.iter().map(|one| text(one)).collect()));
    let pair = |a: &str, b: &str| list(&[a, b]);
    let pairs = Data::List(Rc::new(vec![pair("(", ")"), pair("[", "]")]));
    let of = |all: Vec<(&str, Data)>| {
        Data::Map(Rc::new(
            all.into_iter().map(|(k, v)| (k.into(), v)).collect(),
        ))
    };
    let languages = of(vec![
        ("A", of(vec![("name", text("Alpha")), ("n", Data::Int(0))])),
        (
            "B",
            of(vec![("quotes", pairs), ("nested", Data::Bool(true))]),
        ),
    ]);
    [
        ("languages".into(), languages),
        ("words".into(), list(&["x", "Yy"])),
    ]
    .into()
}

fn made(template: &str) -> String {
    let mut budget = Budget {
        steps: 20_000,
        bytes: 4 << 20,
    };
    match render(template, &context(), &mut budget) {
        Ok(text) => text,
        Err(Trouble::Fails(why)) => format!("fails: {why}"),
        Err(Trouble::Refused(why)) => format!("refused: {why}"),
    }
}

#[test]
fn what_is_understood() {
    for (template, wanted) in [
        ("a {{ languages.A.name | upper }} b", "a ALPHA b"),
        (
            "{% for k, v in languages %}{{k}}{% if v.name %}={{v.name}}{% else %}?{% endif %},{% endfor %}",
            "A=Alpha,B?,",
        ),
        (
            "{%- for w in words -%} {{ w | lower }} {%- endfor -%} ;",
            "xyy;",
        ),
        (
            "{% for k, v in languages %}{{ v.nested | default(value=false) }} {% endfor %}",
            "false true ",
        ),
        (
            "{% for p in languages.B.quotes %}{{p.0}}{{p.1}}{% endfor %}",
            "()[]",
        ),
        (
            "{% set q = languages.B.quotes | map(attribute=\"0\") %}{% for c in q | concat(with=words) %}<{{c}}>{% endfor %}",
            "<(><[><x><Yy>",
        ),
        ("{# not } this #}{{ \"}}\" }}", "}}"),
        (
            "{% if languages.A.n %}a{% elif not languages.C and words %}b{% endif %}",
            "b",
        ),
        (
            "{{ languages.A.name == \"Alpha\" }}{{ words | length }}",
            "true2",
        ),
        ("{{ words | concat(with=[1, 2]) | length }}", "4"),
        ("a  {{- languages.A.n -}}  b", "a0b"),
    ] {
        assert_eq!(made(template), wanted, "{template}");
    }
}

#[test]
fn what_is_not() {
    for (template, wanted) in [
        ("{{ gone }}", "fails: `gone` is not defined"),
        (
            "{% for a in languages %}{% endfor %}",
            "fails: a loop over something else",
        ),
        ("{% if words %}", "fails: an `if` without end"),
        ("{{ words", "fails: a tag without end"),
        ("{{ words }}", "refused: a list or map that is written out"),
        ("{% include \"a\" %}", "refused: `include` in a template"),
        ("{{ loop.index }}", "refused: `loop.index` in a template"),
        ("{{ 1 + 2 }}", "refused: `+` in a template"),
        ("{{ words[0] }}", "refused: `Sign(\"[\")` in a template"),
        (
            "{{ words is defined }}",
            "refused: `Name(\"is\")` in a template",
        ),
        ("{{ words | slice(end=1) }}", "refused: the filter `slice`"),
        (
            "{{ words | first | default(value=1) }}",
            "refused: `default` behind another filter",
        ),
        (
            "{% set words = 1 %}{{ words.0 }}",
            "refused: `words.0`, which is defined more than once",
        ),
        (
            "{{ languages.A.n != \"0\" }}",
            "refused: a comparison with what is not known",
        ),
    ] {
        assert_eq!(made(template), wanted, "{template}");
    }
}

#[test]
fn what_means_harm_ends() {
    let deep = "{% if words %}".repeat(10_000);
    assert_eq!(made(&deep), "refused: a template that is nested too deep");
    let open = format!("{{{{ {}1 }}}}", "[".repeat(10_000));
    assert_eq!(made(&open), "refused: a template that is nested too deep");
    let chain = format!("{{{{ {}words }}}}", "words and ".repeat(10_000));
    assert_eq!(made(&chain), "refused: a long expression in a template");
    let loops = "{% for a in words %}".repeat(30) + &"{% endfor %}".repeat(30);
    assert_eq!(
        made(&loops),
        "refused: a template that takes too many steps"
    );
    let doubled = format!(
        "{{% set a = words %}}{}",
        "{% set a = a | concat(with=a) %}".repeat(40)
    );
    assert!(made(&doubled).starts_with("refused: a template that takes too m"));
    let longer = format!(
        "{{% set a = \"xx\" %}}{}",
        "{% set a = a | replace(from=\"x\", to=\"xx\") %}".repeat(40)
    );
    assert!(made(&longer).starts_with("refused: a template that takes too m"));
}
