//! A tree that changes its own gate.

use super::*;

#[test]
fn a_tree_that_loosens_its_gate() {
    let base = config(
        "exec = \"never\"\nrules.max-crates = 4\nrules.max-depth = 5\nrules.minimum-use = 3\nrules.denied-crates = [\"openssl\"]\nrules.allowed-crates = { crates = [\"finder\"], level = \"warn\" }\nignore = [{ rule = \"minimum-use\", reason = \"few\", expires = 2027-01-01 }]",
    );
    let tree = config(
        "exec = \"sandbox\"\nrules.max-crates = 9\nrules.minimum-use = 1\nrules.denied-crates = []\nrules.allowed-crates = { crates = [\"finder\", \"idle\"], level = \"warn\" }\nrules.new-item = \"warn\"\nrules.new-direct = { max = 4 }\nignore = [{ rule = \"minimum-use\", reason = \"few\" }, { rule = \"max-lines\", reason = \"mine\" }]",
    );
    let now = edited(|analysis| reach(analysis, "bytes_util::rescan"));
    let before = Lock::of(&Surface::new(&small()));
    let accepted = Lock::of(&Surface::new(&now));
    let run = |lock: TreeLock<'_>| {
        let base_of = Base {
            revision: "main".to_owned(),
            commit: "0".repeat(40),
        };
        let input = Input {
            config: &base,
            lock: Some(("whittle.lock", &before)),
            base: Some((
                base_of,
                Tree {
                    config: &tree,
                    lock,
                },
            )),
            today: TODAY,
            workspace: String::new(),
        };
        text(&check(&now, &input).unwrap())
    };
    expect![[r#"
        deny new-item Cargo.toml:1
          now reaches `bytes_util::rescan`
          None None app@0.1.0 > finder@1.11.0 > bytes-util@2.7.4
        deny loosened Cargo.toml:1
          `exec` goes from never to sandbox
        deny loosened Cargo.toml:1
          `max-depth = 5` is gone
        deny loosened Cargo.toml:3
          `max-crates` goes from 4 up to 9
        deny loosened Cargo.toml:4
          `minimum-use` goes down
        deny loosened Cargo.toml:5
          `denied-crates` no longer denies `openssl`
        deny loosened Cargo.toml:6
          `allowed-crates` newly allows `idle`
        deny loosened Cargo.toml:7
          `new-item` goes from deny to warn
        deny loosened Cargo.toml:8
          `new-direct` goes from 0 up to 4
        deny loosened Cargo.toml:9
          a new ignore of max-lines: mine
        deny loosened Cargo.toml:9
          the ignore of minimum-use holds longer than before
        deny loosened whittle.lock:1
          whittle.lock accepts 1 more item than in main, of bytes-util
        warn allowed-crates Cargo.toml:1
          `bytes-util 2.7.4` is not on the list of allowed crates
          None None app@0.1.0 > finder@1.11.0 > bytes-util@2.7.4
        warn allowed-crates Cargo.toml:1
          `codegen 1.0.9` is not on the list of allowed crates
          None None app@0.1.0 > codegen@1.0.9
        warn allowed-crates Cargo.toml:1
          `idle 0.3.0` is not on the list of allowed crates
          None None app@0.1.0 > idle@0.3.0
        warn allowed-crates Cargo.toml:1
          `kinds 0.1.2` is not on the list of allowed crates
          None None app@0.1.0 > kinds@0.1.2
        warn allowed-crates Cargo.toml:1
          `parse 1.0.0` is not on the list of allowed crates
          None None app@0.1.0 > finder@1.11.0 > parse@1.0.0
        warn allowed-crates Cargo.toml:1
          `parse 2.0.0` is not on the list of allowed crates
          None None app@0.1.0 > codegen@1.0.9 > parse@2.0.0
        ignored (few) minimum-use Cargo.toml:1
          `idle 0.3.0` is used by 0% (0 of 1 functions), below 3% it needs a reason
          None None app@0.1.0 > idle@0.3.0
        ignored (few) minimum-use Cargo.toml:1
          no function of `kinds 0.1.2` is reached, only types, traits, consts, macros or linking are used, below 3% it needs a reason
          None None app@0.1.0 > kinds@0.1.2
        12 6 2
    "#]].assert_eq(&run(TreeLock::Is(&accepted)));
    assert!(!run(TreeLock::Is(&before)).contains("whittle.lock accepts"));
    assert!(run(TreeLock::None).contains("whittle.lock is gone"));
    assert!(run(TreeLock::Broken("x".to_owned())).contains("cannot be read: x"));
}

#[test]
fn the_same_rules_loosen_nothing() {
    let rules = config(
        "exec = \"never\"\nrules.max-crates = 9\nrules.denied-crates = [\"openssl\"]\nrules.new-direct = { max = 4 }",
    );
    let lock = Lock::of(&Surface::new(&small()));
    let base = Base {
        revision: "main".to_owned(),
        commit: "0".repeat(40),
    };
    let tree = Tree {
        config: &rules,
        lock: TreeLock::Is(&lock),
    };
    let input = Input {
        config: &rules,
        lock: Some(("whittle.lock", &lock)),
        base: Some((base, tree)),
        today: TODAY,
        workspace: String::new(),
    };
    assert_eq!(text(&check(&small(), &input).unwrap()), "0 0 0\n");
}
