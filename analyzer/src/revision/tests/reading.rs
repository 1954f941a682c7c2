//! What an honest repository gives.

use std::time::Duration;

use super::*;

#[test]
fn a_commit_by_its_names() {
    let repo = Repo::new();
    repo.write("a.txt", "one");
    let first = repo.commit("first\n\nmore");
    repo.git(&["tag", "-m", "a tag", "v1"]);
    repo.write("a.txt", "two");
    let second = repo.commit("second");
    let repository = repo.open();
    let head = repository.resolve("HEAD").unwrap();
    assert_eq!((&head.id, &head.parents), (&second, &vec![first.clone()]));
    assert_eq!((head.time, head.title.as_str()), (1_700_000_100, "second"));
    assert_eq!(head.short(), &second[..12]);
    for name in ["v1", "HEAD~1", "main^", &first, &first[..9]] {
        assert_eq!(repository.resolve(name).unwrap().id, first, "{name}");
    }
    assert!(!repository.is_shallow());
}

#[test]
fn what_is_no_revision() {
    let repo = Repo::new();
    repo.write("a.txt", "one");
    repo.commit("first");
    let repository = repo.open();
    let long = "a".repeat(2000);
    for name in [
        "",
        "-",
        "--all",
        "--output=x",
        "nothing",
        "HEAD..HEAD",
        "^HEAD",
        "HEAD:a.txt",
        "HEAD~9",
        "a\nb",
        "a\0b",
        "a b",
        &long,
        "HEAD^{tree}",
        "1234567890123456789012345678901234567890",
    ] {
        let error = repository.resolve(name).unwrap_err();
        assert!(
            matches!(error, Error::NoRevision { shallow: false, .. }),
            "{name:?}: {error}"
        );
    }
    // What was asked before does no harm to what is asked next.
    repository.resolve("HEAD").unwrap();
}

#[test]
fn no_repository() {
    let folder = tempfile::tempdir().unwrap();
    let dir = Utf8Path::from_path(folder.path()).unwrap();
    let error = |dir: &Utf8Path| Repository::open(dir).unwrap_err().to_string();
    assert!(error(dir).contains("no git repository"), "{}", error(dir));
    assert!(error(&dir.join("not-there")).contains("no git repository"));
    // A bare one has no work tree that a workspace could be in.
    Repo::git_in(dir, &["init", "--quiet", "--bare", "bare.git"]);
    assert!(error(&dir.join("bare.git")).contains("no git repository"));
    // Empty, so git would look further up: we don't.
    let repo = Repo::new();
    let inner = repo.dir.join("inner");
    fs::create_dir_all(inner.join(".git")).unwrap();
    assert!(
        error(&inner).contains("no git repository"),
        "{}",
        error(&inner)
    );
    // Without a commit.
    let error = repo.open().resolve("HEAD").unwrap_err();
    assert!(matches!(error, Error::NoRevision { .. }), "{error}");
}

#[test]
fn files_of_a_commit() {
    let repo = Repo::new();
    repo.write("app/Cargo.toml", "old");
    repo.write("top.txt", "top");
    let first = repo.commit("first");
    repo.write("app/Cargo.toml", "new");
    repo.commit("second");
    repo.write("app/Cargo.toml", "not committed");
    let repository = Repository::open(&repo.dir.join("app")).unwrap();
    assert_eq!(repository.root(), repo.dir);
    assert_eq!(repository.prefix(), "app");
    let read = |revision: &str, path: &str| {
        let commit = repository.resolve(revision).unwrap();
        repository.read(&commit, Utf8Path::new(path))
    };
    let manifest = repository.prefix().join("Cargo.toml");
    assert_eq!(read(&first, manifest.as_str()).unwrap().unwrap(), b"old");
    assert_eq!(read("HEAD", manifest.as_str()).unwrap().unwrap(), b"new");
    assert_eq!(read("HEAD", "top.txt").unwrap().unwrap(), b"top");
    assert_eq!(read("HEAD", "Cargo.toml").unwrap(), None);
    // Not patterns.
    assert_eq!(read("HEAD", "*.txt").unwrap(), None);
    assert_eq!(read("HEAD", ":(top)top.txt").unwrap(), None);
    for path in [
        "app",
        "../repo/top.txt",
        "/top.txt",
        "app/../top.txt",
        ".git/config",
        "",
    ] {
        assert!(read("HEAD", path).is_err(), "{path}");
    }
}

#[test]
fn ids_of_sixty_four_digits() {
    let repo = Repo::of_format("sha256");
    repo.write("a", "1");
    let first = repo.commit("first");
    assert_eq!(first.len(), 64);
    let second = repo.commit("second");
    let repository = repo.open();
    let commit = repository.resolve("HEAD").unwrap();
    assert_eq!((&commit.id, &commit.parents), (&second, &vec![first]));
    assert_eq!(repo.laid_out(&repository, "HEAD").0["a"], "1");
    assert_eq!(repository.range("HEAD", false).unwrap().len(), 2);
}

#[test]
fn ranges() {
    let repo = Repo::new();
    let first = repo.commit("1");
    let second = repo.commit("2");
    repo.git(&["switch", "--quiet", "-c", "side", &first]);
    let side = repo.commit("side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-ff", "-m", "merge", "side"]);
    let merge = repo.git(&["rev-parse", "HEAD"]);
    let repository = repo.open();
    let range = |range: &str, first_parent| -> Vec<String> {
        let commits = repository.range(range, first_parent).unwrap();
        commits.into_iter().map(|commit| commit.id).collect()
    };
    assert_eq!(
        range("main", true),
        [&first, &second, &merge].map(Clone::clone)
    );
    assert_eq!(range("main~1..main", true), [merge.as_str()]);
    assert_eq!(
        range(&format!("{first}..{second}"), false),
        [second.as_str()]
    );
    assert_eq!(range("main..main", false), [""; 0]);
    assert_eq!(range("main~1..", true), [merge.as_str()]);
    let all = range("main", false);
    assert_eq!((all.len(), &all[0], &all[3]), (4, &first, &merge));
    assert!(all.contains(&side));
    for wrong in ["main...side", "--all..main", "main..--all", "x..main", ""] {
        assert!(repository.range(wrong, false).is_err(), "{wrong}");
    }
    let limits = Limits {
        commits: 3,
        ..Limits::default()
    };
    let limited = Repository::with_limits(&repo.dir, limits).unwrap();
    assert!(limited.range("main", false).is_err());
    assert_eq!(limited.range("main", true).unwrap().len(), 3);
}

#[test]
fn a_tree_in_a_folder() {
    let repo = Repo::new();
    repo.write("src/main.rs", "fn main() {}\r\n");
    repo.write("deep/er/x", "x");
    repo.write("run.sh", "#!/bin/sh\n");
    // Filters do not apply: the object's own bytes are laid out.
    repo.write(".gitattributes", "*.rs eol=lf text\n*.txt ident\n");
    repo.write("id.txt", "$Id$");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(repo.dir.join("run.sh"), executable).unwrap();
        std::os::unix::fs::symlink("../run.sh", repo.dir.join("src/link")).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", repo.dir.join("out")).unwrap();
    }
    repo.commit("first");
    let repository = repo.open();
    let own = repo.beside.join("own");
    let commit = repository.resolve("HEAD").unwrap();
    let checkout = repository.check_out(&commit, &own).unwrap();
    let files = contents(checkout.root());
    assert_eq!(files["src/main.rs"], "fn main() {}\n");
    assert_eq!(files["id.txt"], "$Id$");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &str| {
            checkout
                .root()
                .join(path)
                .metadata()
                .unwrap()
                .permissions()
                .mode()
        };
        assert_ne!(mode("run.sh") & 0o100, 0);
        assert_eq!(mode("id.txt") & 0o111, 0);
        assert_eq!(files["src/link"], "-> ../run.sh");
        assert_eq!(left_out(&checkout.laid_out), [("out", Why::Link)]);
        assert_eq!(checkout.laid_out.files, 6);
    }
    // A second one at the same time has a place of its own; places are used again.
    let other = repository.check_out(&commit, &own).unwrap();
    assert_ne!(other.root(), checkout.root());
    let place = checkout.root().to_owned();
    fs::write(place.join("left behind"), "").unwrap();
    drop(checkout);
    assert!(!place.exists());
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("of an interrupted run"), "").unwrap();
    // A process that another test starts just now may hold the place's lock until it runs.
    let mut again = repository.check_out(&commit, &own).unwrap();
    for _ in 0..100 {
        if again.root() == place {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
        again = repository.check_out(&commit, &own).unwrap();
    }
    assert_eq!(again.root(), place);
    assert_eq!(contents(&place), files);
}

#[test]
fn worktrees_and_shallow_clones() {
    let repo = Repo::new();
    repo.write("a", "1");
    let first = repo.commit("first");
    repo.write("a", "2");
    let second = repo.commit("second");
    let tree = repo.beside.join("tree");
    repo.git(&[
        "worktree",
        "add",
        "--quiet",
        "--detach",
        tree.as_str(),
        &first,
    ]);
    assert!(tree.join(".git").is_file());
    let repository = Repository::open(&tree).unwrap();
    assert_eq!(repository.resolve("HEAD").unwrap().id, first);
    assert_eq!(repository.resolve("main").unwrap().id, second);

    let clone = repo.beside.join("clone");
    let from = format!("file://{}", repo.dir);
    Repo::git_in(
        &repo.beside,
        &["clone", "--quiet", "--depth=1", &from, clone.as_str()],
    );
    let repository = Repository::open(&clone).unwrap();
    assert!(repository.is_shallow());
    assert_eq!(repository.range("HEAD", false).unwrap().len(), 1);
    let error = repository.resolve("HEAD~1").unwrap_err();
    assert!(matches!(error, Error::NoRevision { shallow: true, .. }));
    assert!(error.remedy().contains("--unshallow"), "{}", error.remedy());
}

#[test]
fn what_is_not_committed() {
    let repo = Repo::new();
    repo.write("src/main.rs", "fn main() {}\n");
    repo.write("README.md", "text\n");
    repo.write(
        "lfs.bin",
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n",
    );
    repo.write(".gitignore", "/ignored.rs\n");
    repo.commit("first");
    let changes = || {
        let repository = repo.open();
        let head = repository.resolve("HEAD").unwrap();
        let changes = repository.changes(&head, &repo.dir.join("target"));
        changes.unwrap().join(" ")
    };
    assert_eq!(changes(), "");
    // No difference: ends of lines, content of LFS, what nothing reads, what is ignored or ours.
    repo.write("src/main.rs", "fn main() {}\r\n");
    repo.write("lfs.bin", "its bytes");
    repo.write("notes.txt", "x");
    repo.write("ignored.rs", "x");
    repo.write("target/out.rs", "x");
    assert_eq!(changes(), "");
    // Of the same size, of another size, gone, not yet known to git, known but not committed.
    repo.write("src/main.rs", "fn main() { }");
    repo.write("README.md", "texts\n");
    repo.write("src/new.rs", "x");
    repo.write("src/staged.rs", "x");
    repo.write(".cargo/config.toml", "");
    repo.git(&["add", "src/staged.rs"]);
    fs::remove_file(repo.dir.join("lfs.bin")).unwrap();
    assert_eq!(
        changes(),
        ".cargo/config.toml README.md lfs.bin src/main.rs src/new.rs src/staged.rs"
    );
}
