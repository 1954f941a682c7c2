//! How a configuration names crates: `openssl`, or `openssl@<0.10`.

use std::fmt;

use semver::{Version, VersionReq};

/// A crate, of any version or of some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrateSpec {
    name: String,
    versions: Option<VersionReq>,
}

impl CrateSpec {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, versions) = match text.split_once('@') {
            Some((name, versions)) => (name, Some(versions.parse().ok()?)),
            None => (text, None),
        };
        let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let is_name = !name.is_empty() && name.chars().all(plain);
        is_name.then(|| Self {
            name: name.to_owned(),
            versions,
        })
    }

    /// Whether it means a package; `-` and `_` are the same.
    #[must_use]
    pub fn matches(&self, name: &str, version: &str) -> bool {
        let matches = |versions: &VersionReq, version: &Version| versions.matches(version);
        self.means(name, version, false, matches)
    }

    /// The same for what is denied: a pre-release counts as the release that it leads to, so that
    /// what is denied does not come back as `1.0.0-rc.1`, and so does what is no version.
    #[must_use]
    pub fn covers(&self, name: &str, version: &str) -> bool {
        self.means(name, version, true, |versions, version| {
            let release = Version::new(version.major, version.minor, version.patch);
            versions.matches(version) || versions.matches(&release)
        })
    }

    fn means(
        &self,
        name: &str,
        version: &str,
        unclear: bool,
        matches: impl Fn(&VersionReq, &Version) -> bool,
    ) -> bool {
        let plain = |c| if c == '-' { '_' } else { c };
        if !self.name.chars().map(plain).eq(name.chars().map(plain)) {
            return false;
        }
        match (&self.versions, version.parse::<Version>()) {
            (None, _) => true,
            (Some(versions), Ok(version)) => matches(versions, &version),
            (Some(_), Err(_)) => unclear,
        }
    }
}

impl fmt::Display for CrateSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.versions {
            Some(versions) => write!(f, "{}@{versions}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CrateSpec;

    #[test]
    fn names_and_versions() {
        let matches =
            |spec: &str, name, version| CrateSpec::parse(spec).unwrap().matches(name, version);
        assert!(matches("open-ssl", "open_ssl", "9.9.9"));
        assert!(!matches("open-ssl", "openssl", "9.9.9"));
        assert!(matches("a@<1.2", "a", "1.1.9"));
        assert!(!matches("a@<1.2", "a", "1.2.0"));
        assert!(!matches("a@1", "a", "1.0.0-rc.1"));
        assert!(!matches("a@1", "a", "nonsense"));
        let denied = CrateSpec::parse("a@1").unwrap();
        assert!(denied.covers("a", "1.0.0-rc.1") && denied.covers("a", "nonsense"));
        assert!(!denied.covers("a", "2.0.0-rc.1") && !denied.covers("b", "1.0.0"));
        for text in ["", "@1", "a@", "a@?", "a b", "a::b", "*"] {
            assert_eq!(CrateSpec::parse(text), None, "{text}");
        }
        assert_eq!(CrateSpec::parse("a@<1.2").unwrap().to_string(), "a@<1.2");
    }
}
