//! What happens in the story: an edit a commit, and what the gate must then say. The expectations
//! were written down before the tool was run.

use super::repository::Repository;

/// One commit.
pub(super) struct Step {
    pub(super) title: &'static str,
    pub(super) edit: fn(&Repository),
    /// The exit code of `check`.
    pub(super) code: i32,
    /// The items, crates and rules that it denies, by what they are named.
    pub(super) denied: &'static [&'static str],
    /// The exit code of `check --base` with the commit before, where it is run, and what it
    /// denies.
    pub(super) base: Option<(i32, &'static [&'static str])>,
}

const fn step(
    title: &'static str,
    edit: fn(&Repository),
    code: i32,
    denied: &'static [&'static str],
) -> Step {
    Step {
        title,
        edit,
        code,
        denied,
        base: None,
    }
}

impl Step {
    const fn base(mut self, code: i32, denied: &'static [&'static str]) -> Self {
        self.base = Some((code, denied));
        self
    }
}

const MANIFEST: &str =
    "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n";
const RULES: &str = "\n[package.metadata.whittle.rules]\nmax-crates = 0\nmax-lines = 40\nmax-unsafe = 0\nmax-duplicates = 0\nnew-item = \"deny\"\n";

const SHAPES_1: &str = "\
pub fn area(a: u32, b: u32) -> u32 {
    a * b
}

pub fn perimeter(a: u32, b: u32) -> u32 {
    edge(a) + edge(b)
}

fn edge(a: u32) -> u32 {
    2 * a
}

pub fn volume(a: u32, b: u32, c: u32) -> u32 {
    area(a, b) * c
}
";

/// `area` and `edge` are other functions now, `volume` too; `perimeter` is only laid out otherwise.
const SHAPES_2: &str = "\
pub fn area(a: u32, b: u32) -> u32 {
    round(a) * b
}

/// As it was.
pub fn perimeter(a: u32, b: u32) -> u32 {
    // Twice each.
    edge(a) + edge(b)
}

fn edge(a: u32) -> u32 {
    a + a
}

fn round(a: u32) -> u32 {
    a & !1
}

pub fn volume(a: u32, b: u32, c: u32) -> u32 {
    c * area(a, b)
}
";

const TEXT_1: &str = "\
pub fn pad(n: u32) -> u32 {
    num::double(n)
}

pub fn cut(n: u32) -> u32 {
    num::half(n)
}

pub fn turn(n: u32) -> u32 {
    n
}
";

const NUM_1: &str =
    "pub fn double(n: u32) -> u32 {\n    n + n\n}\n\npub fn half(n: u32) -> u32 {\n    n / 2\n}\n";

fn main(repository: &Repository, calls: &[&str]) {
    let mut text = "fn main() {\n".to_owned();
    for call in calls {
        text += &["    ", call, ";\n"].concat();
    }
    repository.write("app/src/main.rs", &(text + "}\n"));
}

fn accept(repository: &Repository) {
    repository.whittle(0, &["baseline", "--update"]);
}

fn rule(repository: &Repository, from: &str, to: &str) {
    repository.edit("app/Cargo.toml", from, to);
}

const AREA: &str = "shapes::area(1, 2)";
const PERIMETER: &str = "shapes::perimeter(1, 2)";
const VOLUME: &str = "shapes::volume(1, 2, 3)";
const PAD: &str = "text::pad(1)";
const CUT: &str = "text::cut(1)";

const IGNORE: &str = "\n[[package.metadata.whittle.ignore]]\nrule = \"minimum-use\"\ncrate = \"text\"\nreason = \"more of it is used soon\"\nexpires = 2026-08-25\n";

fn shapes(repository: &Repository, version: &str, text: &str) {
    repository.library("shapes", version, &[], text);
    repository.lock();
}

/// In order. The commit with number n is ten times n days after 2026-01-01.
pub(super) fn steps() -> Vec<Step> {
    let mut all = arrivals();
    all.extend(upgrades());
    all.extend(requests());
    all.extend(limits());
    all
}

fn arrivals() -> Vec<Step> {
    vec![
        step(
            "A program",
            |r| {
                r.write(".gitignore", "target\n");
                r.write("app/Cargo.toml", &format!("{MANIFEST}{RULES}"));
                main(r, &[]);
                r.lock();
                r.whittle(0, &["baseline"]);
            },
            0,
            &[],
        ),
        step(
            "shapes comes",
            |r| {
                r.library("shapes", "1.0.0", &[], SHAPES_1);
                r.depend(&["shapes"]);
                main(r, &[AREA]);
            },
            1,
            &[
                "max-crates",
                "new-crate shapes: shapes::area",
                "new-direct shapes::area",
            ],
        ),
        step(
            "shapes is accepted",
            |r| {
                rule(r, "max-crates = 0", "max-crates = 1");
                accept(r);
            },
            0,
            &[],
        )
        .base(
            1,
            &[
                "loosened",
                "loosened",
                "max-crates",
                "new-crate shapes: shapes::area",
                "new-direct shapes::area",
            ],
        ),
        step(
            "More of shapes",
            |r| main(r, &[AREA, PERIMETER]),
            1,
            &["new-direct shapes::perimeter", "new-item shapes::edge"],
        ),
        step("More of shapes is accepted", accept, 0, &[]),
        step(
            "A change that needs nothing",
            |r| main(r, &[PERIMETER, AREA]),
            0,
            &[],
        )
        .base(0, &[]),
        step(
            "text comes, and num below it",
            |r| {
                r.library("num", "1.0.0", &[], NUM_1);
                r.library("text", "1.0.0", &["num"], TEXT_1);
                r.depend(&["shapes", "text"]);
                main(r, &[AREA, PERIMETER, PAD, CUT]);
            },
            1,
            &[
                "max-crates",
                "new-crate num: num::double, num::half",
                "new-crate text: text::cut, text::pad",
                "new-direct text::cut",
                "new-direct text::pad",
            ],
        ),
        step(
            "text is accepted",
            |r| {
                rule(r, "max-crates = 1", "max-crates = 3");
                accept(r);
            },
            0,
            &[],
        ),
        step(
            "Nothing is cut",
            |r| main(r, &[AREA, PERIMETER, PAD]),
            0,
            &[],
        ),
        step("What is gone is gone from the baseline", accept, 0, &[]).base(0, &[]),
        step(
            "Cut again",
            |r| main(r, &[AREA, PERIMETER, PAD, CUT]),
            1,
            &["new-direct text::cut", "new-item num::half"],
        ),
        step("And not", |r| main(r, &[AREA, PERIMETER, PAD]), 0, &[]),
    ]
}

fn upgrades() -> Vec<Step> {
    vec![
        step(
            "shapes grows, and nothing of it is used",
            |r| {
                let more = "\npub fn depth(a: u32) -> u32 {\n    edge(a)\n}\n";
                shapes(r, "1.1.0", &format!("{SHAPES_1}{more}"));
            },
            0,
            &[],
        ),
        step("The baseline knows the version", accept, 0, &[]),
        step(
            UPGRADE,
            |r| shapes(r, "2.0.0", SHAPES_2),
            1,
            &["new-item shapes::round"],
        )
        .base(1, &["new-item shapes::round"]),
        step("shapes 2 is accepted", accept, 0, &[]),
        step(
            "net is denied",
            |r| {
                rule(
                    r,
                    "max-unsafe = 0",
                    "max-unsafe = 0\ndenied-crates = [\"net\"]",
                );
            },
            0,
            &[],
        ),
        step(
            "text 1.1 comes with net",
            |r| {
                r.library("net", "0.1.0", &[], "pub fn ask() {}\n");
                let asks = TEXT_1.replace("num::double(n)", "net::ask();\n    num::double(n)");
                r.library("text", "1.1.0", &["num", "net"], &asks);
                r.lock();
            },
            1,
            &["denied-crates net", "max-crates", "new-crate net: net::ask"],
        ),
        step(
            "text is as it was",
            |r| {
                r.library("text", "1.0.0", &["num"], TEXT_1);
                r.lock();
            },
            0,
            &[],
        ),
    ]
}

/// The commit that upgrades `shapes`.
pub(super) const UPGRADE: &str = "shapes is upgraded";

fn requests() -> Vec<Step> {
    vec![
        step(
            "A request that loosens its own gate",
            |r| {
                rule(r, "max-crates = 3", "max-crates = 99");
                rule(r, "new-item = \"deny\"", "new-item = \"allow\"");
                main(r, &[AREA, PERIMETER, PAD, VOLUME, CUT]);
                accept(r);
            },
            0,
            &[],
        )
        .base(
            1,
            &[
                "loosened",
                "loosened",
                "loosened",
                "new-direct shapes::volume",
                "new-direct text::cut",
                "new-item num::half",
            ],
        ),
        step(
            "It is taken back",
            |r| {
                rule(r, "max-crates = 99", "max-crates = 3");
                rule(r, "new-item = \"allow\"", "new-item = \"deny\"");
                main(r, &[AREA, PERIMETER, PAD]);
                accept(r);
            },
            0,
            &[],
        )
        .base(0, &[]),
        step(
            "A third is asked of each dependency",
            |r| rule(r, "max-unsafe = 0", "max-unsafe = 0\nminimum-use = 34"),
            1,
            &["minimum-use text"],
        ),
        step(
            "text has a reason, until 25 August",
            |r| {
                let manifest = r.read("app/Cargo.toml");
                r.write("app/Cargo.toml", &format!("{manifest}{IGNORE}"));
            },
            0,
            &[],
        )
        .base(1, &["loosened", "minimum-use text"]),
        step("19 August", |r| r.write("app/NOTES", "19\n"), 0, &[]),
        step(
            "29 August",
            |r| r.write("app/NOTES", "29\n"),
            1,
            &["expired-ignore", "minimum-use text"],
        ),
        step(
            "text goes",
            |r| {
                let manifest = r.read("app/Cargo.toml").replace(IGNORE, "");
                r.write("app/Cargo.toml", &manifest);
                r.depend(&["shapes"]);
                main(r, &[AREA, PERIMETER]);
            },
            0,
            &[],
        ),
        step("text is gone from the baseline", accept, 0, &[]),
    ]
}

fn limits() -> Vec<Step> {
    vec![
        step(
            "shapes is unsafe",
            |r| {
                let text = SHAPES_2.replace("a & !1", "unsafe { a.unchecked_add(0) & !1 }");
                shapes(r, "2.1.0", &text);
            },
            1,
            &["max-unsafe"],
        ),
        step("shapes is safe", |r| shapes(r, "2.1.1", SHAPES_2), 0, &[]),
        step(
            "shapes is long",
            |r| {
                let long = format!("{}a + a", "let a = a + 0;\n    ".repeat(40));
                shapes(r, "2.2.0", &SHAPES_2.replace("a + a", &long));
            },
            1,
            &["max-lines"],
        ),
        step("shapes is short", |r| shapes(r, "2.2.1", SHAPES_2), 0, &[]),
        step(
            "num in two versions",
            |r| {
                r.library("num2", "2.0.0", &[], NUM_1);
                r.depend(&["shapes", "text"]);
                r.edit(
                    "app/Cargo.toml",
                    "text = {",
                    "num = { path = \"../deps/num2\" }\ntext = {",
                );
                r.lock();
                main(r, &[AREA, PERIMETER, PAD, "num::double(1)"]);
            },
            1,
            &[
                "max-crates",
                "max-duplicates",
                "minimum-use text",
                "new-crate num: num::double",
                "new-crate num: num::double",
                "new-crate text: text::pad",
                "new-direct num::double",
                "new-direct text::pad",
            ],
        ),
        step(
            "Everything goes",
            |r| {
                r.depend(&[]);
                main(r, &[]);
            },
            0,
            &[],
        ),
        step(
            "A merge that was not finished",
            |r| {
                let lock = r.read("app/whittle.lock");
                r.write("app/whittle.lock", &format!("{lock}<<<<<<< ours\n"));
            },
            2,
            &[],
        ),
        step("Measured again", accept, 0, &[]),
    ]
}
