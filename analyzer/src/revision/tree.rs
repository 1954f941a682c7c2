//! Entries of a tree, and which of their names may become files.

/// One line of `ls-tree -r -z -l`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: String,
    pub(super) id: String,
    /// Of a blob that the clone has.
    pub(super) size: Option<u64>,
    /// As it stands in the tree; anything but a NUL may be in it.
    pub(super) path: Vec<u8>,
}

impl Entry {
    /// `<mode> <type> <id> <size padded>\t<path>`.
    pub(super) fn parse(record: &[u8]) -> Option<Self> {
        let tab = record.iter().position(|&byte| byte == b'\t')?;
        let head = std::str::from_utf8(&record[..tab]).ok()?;
        let mut words = head.split_ascii_whitespace();
        let (mode, _kind, id, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
        Some(Self {
            mode: mode.to_owned(),
            id: id.to_owned(),
            size: size.parse().ok(),
            path: record[tab + 1..].to_vec(),
        })
    }

    pub(super) fn is_file(&self) -> bool {
        self.mode.starts_with("100")
    }

    pub(super) fn is_executable(&self) -> bool {
        self.mode == "100755"
    }

    pub(super) fn is_link(&self) -> bool {
        self.mode == "120000"
    }

    pub(super) fn is_submodule(&self) -> bool {
        self.mode == "160000"
    }
}

/// Whether the path is relative and every part of it a plain name.
pub(super) fn is_plain(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(is_plain_name)
}

/// Nothing that leads elsewhere, and nothing that a file system or git takes for `.git`.
fn is_plain_name(name: &str) -> bool {
    let folded: String = name.chars().filter(|&c| !is_ignored(c)).collect();
    let folded = folded.to_lowercase();
    // NTFS drops dots and spaces at the end, and `git~1` is its short name.
    let on_windows = folded.trim_end_matches(['.', ' ']);
    let stream = on_windows.split(':').next().unwrap_or_default();
    !name.is_empty()
        && !matches!(name, "." | "..")
        && ![&*folded, on_windows, stream].contains(&".git")
        && !matches!(on_windows, "git~1")
        && !name.contains(['\0', '\n'])
        && !(cfg!(windows) && (name.contains(['\\', ':']) || on_windows != folded))
}

/// Characters that HFS+ does not see in names.
fn is_ignored(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// Whether a link in a folder `depth` below the top stays in the tree.
///
/// `..` may stand only in front, where it leads to real parents: behind the name of another link
/// it would lead to the parent of what that one names. Every link that obeys this stays inside, so
/// a chain of them does too.
pub(super) fn stays_inside(target: &str, depth: usize) -> bool {
    let mut up = 0;
    let mut names = 0;
    if target.is_empty() || target.starts_with('/') || target.contains(['\0', '\\', ':']) {
        return false;
    }
    for part in target.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part != ".." {
            names += 1;
            if !is_plain_name(part) {
                return false;
            }
        } else if names > 0 {
            return false;
        } else {
            up += 1;
        }
    }
    up <= depth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere() {
        for path in [
            "a",
            "a/b.rs",
            "...",
            "a b",
            ".gitignore",
            "x.git",
            "git~2",
            "ä/é",
        ] {
            assert!(is_plain(path), "{path}");
        }
        for path in [
            "",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "a/../b",
            "a/./b",
            ".git",
            "a/.git/config",
            ".GIT",
            "a/.Git/hooks/x",
            ".g\u{200c}it",
            ".git.",
            ".git /x",
            "git~1",
            "GIT~1",
            ".git::$INDEX",
            "a\nb",
        ] {
            assert!(!is_plain(path), "{path:?}");
        }
    }

    #[test]
    fn links_that_lead_out() {
        for (target, depth) in [
            ("a", 0),
            ("a/b", 0),
            ("../a", 1),
            ("..", 1),
            ("./x/./y", 0),
            ("../../LICENSE", 2),
        ] {
            assert!(stays_inside(target, depth), "{target}");
        }
        for (target, depth) in [
            ("", 0),
            ("/etc/passwd", 3),
            ("..", 0),
            ("../..", 1),
            ("a/../..", 3),
            ("a/..", 3),
            ("../.git/config", 1),
            ("C:/x", 1),
            ("a\\..\\b", 1),
        ] {
            assert!(!stays_inside(target, depth), "{target}");
        }
    }

    #[test]
    fn a_line_of_the_listing() {
        let entry = Entry::parse(b"100755 blob 1234     17\ta\tb").expect("an entry");
        assert_eq!((entry.size, &*entry.path), (Some(17), &b"a\tb"[..]));
        assert!(entry.is_file() && entry.is_executable());
        let entry = Entry::parse(b"160000 commit 1234       -\tsub").expect("an entry");
        assert!(entry.is_submodule() && entry.size.is_none());
        assert_eq!(Entry::parse(b"100644 blob"), None);
    }
}
