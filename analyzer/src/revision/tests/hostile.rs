//! Repositories that want to run something, write elsewhere, use up the machine or lie.

use super::*;

/// A pipe in place of a file: whoever opens it waits for ever.
#[cfg(unix)]
#[test]
fn git_is_not_waited_for_without_end() {
    let repo = Repo::new();
    repo.commit("first");
    let config = repo.dir.join(".git/config");
    fs::remove_file(&config).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(&config)
            .status()
            .unwrap()
            .success()
    );
    let limits = Limits {
        patience: Duration::from_millis(300),
        ..Limits::default()
    };
    let error = Repository::with_limits(&repo.dir, limits).unwrap_err();
    assert!(error.to_string().contains("git said nothing"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_checkout_goes_through_no_link() {
    let repo = Repo::new();
    repo.commit("first");
    let repository = repo.open();
    let commit = repository.resolve("HEAD").unwrap();
    let elsewhere = repo.beside.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    for link in [
        "revisions",
        "revisions/0",
        "revisions/0/target",
        "revisions/0/target/package",
        "revisions/0/build",
        "revisions/0/build/whittle",
        "revisions/0/build/whittle/cache",
        "revisions/0.lock",
    ] {
        let own = repo.beside.join("own");
        let link = own.join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        let error = repository.check_out(&commit, &own).unwrap_err();
        assert!(matches!(error, Error::LinkedTarget(_)), "{link}: {error}");
        assert_eq!(contents(&elsewhere).len(), 0, "{link}");
        fs::remove_dir_all(&own).unwrap();
    }
}

#[test]
fn names_that_no_file_may_have() {
    let repo = Repo::new();
    let blob = repo.blob(b"x");
    let inner = repo.tree(&[b"100644 inner\0".as_slice(), &hex(&blob)].concat());
    let link = repo.blob(b"../../outside");
    let commit = repo.commit_of_entries(&[
        ("100644", b"good", &blob),
        ("40000", b"..", &inner),
        ("40000", b".git", &inner),
        ("40000", b".GIT", &inner),
        ("100644", b"/absolute", &blob),
        ("100644", b"a/../../b", &blob),
        ("100644", b"GOOD", &blob),
        ("40000", b"good", &inner),
        ("120000", b"dir", &link),
        ("40000", b"dir", &inner),
        ("120000", b"leads-out", &link),
        ("100644", b"\xff", &blob),
        ("160000", b"sub", &blob),
        (
            "100644",
            b"gone",
            "1234567890123456789012345678901234567890",
        ),
    ]);
    let repository = repo.open();
    let (files, laid_out) = repo.laid_out(&repository, &commit);
    assert_eq!(files, [("good".to_owned(), "x".to_owned())].into());
    let expected = [
        ("../inner", Why::Name),
        (".GIT/inner", Why::Name),
        (".git/inner", Why::Name),
        ("/absolute", Why::Name),
        ("GOOD", Why::Clash),
        ("a/../../b", Why::Name),
        ("dir", Why::Link),
        ("dir/inner", Why::Clash),
        ("gone", Why::Missing),
        ("good/inner", Why::Clash),
        ("leads-out", Why::Link),
        ("sub", Why::Submodule),
        ("\u{fffd}", Why::NotUtf8),
    ];
    assert_eq!(left_out(&laid_out), expected);
    assert!(!repo.beside.join("inner").exists());
}

fn hex(id: &str) -> Vec<u8> {
    (0..id.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap())
        .collect()
}

#[test]
fn a_tree_that_multiplies() {
    let repo = Repo::new();
    let blob = repo.blob(b"x");
    let mut tree = repo.tree(&[b"100644 f\0".as_slice(), &hex(&blob)].concat());
    for _ in 0..12 {
        let entry = |name: char| [format!("40000 {name}\0").into_bytes(), hex(&tree)].concat();
        let entries: Vec<u8> = ('a'..='j').flat_map(entry).collect();
        tree = repo.tree(&entries);
    }
    let commit = repo.git(&["commit-tree", "-m", "bomb", &tree]);
    let limits = Limits {
        files: 5000,
        ..Limits::default()
    };
    let repository = Repository::with_limits(&repo.dir, limits).unwrap();
    let commit = repository.resolve(&commit).unwrap();
    let folder = repo.beside.join("out");
    let error = repository.lay_out(&commit, &folder).unwrap_err();
    assert!(
        error.to_string().contains("more than 5000 files"),
        "{error}"
    );
    assert!(!folder.exists());
}

#[test]
fn files_that_are_too_large() {
    let repo = Repo::new();
    repo.write("large", &"x".repeat(3000));
    repo.write("small", "x");
    repo.commit("first");
    let limits = Limits {
        file_bytes: 2000,
        ..Limits::default()
    };
    let repository = Repository::with_limits(&repo.dir, limits).unwrap();
    let (files, laid_out) = repo.laid_out(&repository, "HEAD");
    assert_eq!(files.len(), 1);
    assert_eq!(left_out(&laid_out), [("large", Why::TooLarge)]);
    let commit = repository.resolve("HEAD").unwrap();
    assert!(repository.read(&commit, Utf8Path::new("large")).is_err());
    // What was not read to its end is not taken for the next answer.
    assert_eq!(
        repository
            .read(&commit, Utf8Path::new("small"))
            .unwrap()
            .unwrap(),
        b"x"
    );
    let limits = Limits {
        bytes: 2000,
        ..Limits::default()
    };
    let repository = Repository::with_limits(&repo.dir, limits).unwrap();
    assert!(
        repository
            .lay_out(&commit, &repo.beside.join("out"))
            .is_err()
    );
}

#[test]
fn a_partial_clone_fetches_nothing() {
    let repo = Repo::new();
    repo.write("a", "1");
    repo.commit("first");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = repo.beside.join("clone");
    let from = format!("file://{}", repo.dir);
    Repo::git_in(
        &repo.beside,
        &[
            "clone",
            "--quiet",
            "--no-checkout",
            "--filter=blob:none",
            &from,
            clone.as_str(),
        ],
    );
    let packs = || {
        fs::read_dir(clone.join(".git/objects/pack"))
            .unwrap()
            .count()
    };
    let before = packs();
    let repository = Repository::open(&clone).unwrap();
    let (files, laid_out) = repo.laid_out(&repository, "HEAD");
    assert_eq!(files.len(), 0);
    assert_eq!(left_out(&laid_out), [("a", Why::Missing)]);
    let commit = repository.resolve("HEAD").unwrap();
    assert!(repository.read(&commit, Utf8Path::new("a")).is_err());
    assert_eq!(packs(), before);
}

/// Replacements, grafts and a commit-graph tell another history than the objects do.
#[test]
fn history_is_what_the_objects_say() {
    let repo = Repo::new();
    repo.write("a", "true");
    let first = repo.commit("first");
    let second = repo.commit("second");
    let third = repo.commit("third");
    repo.git(&["switch", "--quiet", "--orphan", "other"]);
    repo.write("a", "false");
    let other = repo.commit("other");
    repo.git(&["replace", &third, &other]);
    fs::create_dir_all(repo.dir.join(".git/info")).unwrap();
    fs::write(
        repo.dir.join(".git/info/grafts"),
        format!("{third} {other}\n"),
    )
    .unwrap();
    let repository = repo.open();
    let commit = repository.resolve("main").unwrap();
    assert_eq!((&commit.id, commit.title.as_str()), (&third, "third"));
    assert_eq!(commit.parents, [second.as_str()]);
    assert_eq!(
        repository
            .read(&commit, Utf8Path::new("a"))
            .unwrap()
            .unwrap(),
        b"true"
    );
    let ids: Vec<String> = repository
        .range("main", false)
        .unwrap()
        .into_iter()
        .map(|it| it.id)
        .collect();
    assert_eq!(ids, [first, second, third]);
}

/// Every key that names a program, and every hook: none runs, and nothing below `.git` changes.
#[cfg(unix)]
#[test]
fn nothing_of_the_repository_runs() {
    use std::os::unix::fs::PermissionsExt;
    let repo = Repo::new();
    repo.write(
        ".gitattributes",
        "* filter=evil diff=evil merge=evil textconv\n",
    );
    repo.write("a", "1");
    repo.commit("first");
    repo.write("a", "2");
    repo.commit("second");
    let witness = repo.beside.join("ran");
    let program = repo.beside.join("program");
    let script = format!("#!/bin/sh\necho \"$0 $*\" >> '{witness}'\ncat\n");
    fs::write(&program, &script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let config = fs::read_to_string(repo.dir.join(".git/config")).unwrap();
    let more = format!(
        "[core]\n\tfsmonitor = {program}\n\tpager = {program}\n\teditor = {program}\n\tsshCommand = {program}\n\tgitProxy = {program}\n\taskPass = {program}\n\talternateRefsCommand = {program}\n\thooksPath = {hooks}\n\tworktree = /\n[pager]\n\trev-parse = true\n\trev-list = true\n\tls-tree = {program}\n\tcat-file = {program}\n\tls-files = {program}\n[filter \"evil\"]\n\tsmudge = {program}\n\tclean = {program}\n\tprocess = {program}\n\trequired = true\n[diff]\n\texternal = {program}\n[diff \"evil\"]\n\ttextconv = {program}\n\tcommand = {program}\n[merge \"evil\"]\n\tdriver = {program}\n[credential]\n\thelper = {program}\n[gpg]\n\tprogram = {program}\n[log]\n\tshowSignature = true\n[uploadpack]\n\tpackObjectsHook = {program}\n[remote \"origin\"]\n\turl = ext::{program}\n\tpromisor = true\n\tuploadpack = {program}\n\tvcs = {program}\n[extensions]\n\tpartialClone = origin\n[alias]\n\trev-parse = !{program}\n\tls-tree = !{program}\n[trace2]\n\tnormalTarget = {witness}\n[include]\n\tpath = {include}\n",
        hooks = repo.dir.join(".git/hooks"),
        include = repo.beside.join("more"),
    );
    fs::write(
        repo.beside.join("more"),
        format!("[core]\n\tfsmonitor = {program}\n"),
    )
    .unwrap();
    fs::write(repo.dir.join(".git/config"), config + &more).unwrap();
    let hooks = repo.dir.join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for hook in [
        "post-checkout",
        "post-index-change",
        "reference-transaction",
        "fsmonitor-watchman",
        "pre-commit",
    ] {
        fs::copy(&program, hooks.join(hook)).unwrap();
    }
    // The traps work: an ordinary checkout and status fall into them.
    let status = Repo::command(&repo.dir, &["--work-tree=.", "status"]).output();
    status.unwrap();
    assert!(witness.exists(), "the test proves nothing");
    fs::remove_file(&witness).unwrap();
    // An object that is not there: a promisor remote would be asked for it.
    let gone = repo.commit_of_entries_quietly();

    let before = contents(&repo.dir.join(".git"));
    let repository = repo.open();
    let (files, laid_out) = repo.laid_out(&repository, "HEAD");
    assert_eq!((files["a"].as_str(), laid_out.left_out.len()), ("2", 0));
    assert_eq!(repository.range("HEAD", false).unwrap().len(), 2);
    let head = repository.resolve("HEAD").unwrap();
    assert_eq!(repository.changes(&head, &repo.beside).unwrap(), [""; 0]);
    repo.write("a", "3");
    repo.write("b.rs", "");
    assert_eq!(
        repository.changes(&head, &repo.beside.join("x")).unwrap(),
        ["a", "b.rs"]
    );
    let (files, laid_out) = repo.laid_out(&repository, &gone);
    assert_eq!(
        (files.len(), left_out(&laid_out)),
        (0, vec![("gone", Why::Missing)])
    );
    assert!(
        repository
            .resolve("1234567890123456789012345678901234567890")
            .is_err()
    );
    assert!(
        !witness.exists(),
        "{}",
        fs::read_to_string(&witness).unwrap()
    );
    assert!(
        contents(&repo.dir.join(".git")) == before,
        "something below .git changed"
    );
}

#[cfg(unix)]
impl Repo {
    /// A commit whose only file is not there, made without the repository's configuration.
    fn commit_of_entries_quietly(&self) -> String {
        let config = self.dir.join(".git/config");
        let hostile = fs::read(&config).unwrap();
        fs::write(
            &config,
            "[core]\n\trepositoryformatversion = 0\n\tbare = false\n",
        )
        .unwrap();
        let gone = "1234567890123456789012345678901234567891";
        let commit = self.commit_of_entries(&[("100644", b"gone", gone)]);
        fs::write(&config, hostile).unwrap();
        commit
    }
}
