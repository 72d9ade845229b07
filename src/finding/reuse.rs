//! The same value in files of different environments: what leaks from one opens the other.

use std::collections::BTreeMap;

use super::{Finding, Fingerprint, Reuse};
use crate::path;

/// The environments whose files hold a value, each with the first of its paths that was told.
#[derive(Clone, Debug, Default)]
pub struct Environments(BTreeMap<&'static str, String>);

impl Environments {
    /// Adds a path that holds the value.
    pub fn add(&mut self, path: &str) {
        if let Some(environment) = path::environment(path) {
            self.0.entry(environment).or_insert_with(|| path.to_owned());
        }
    }

    /// The environments other than that of a path; none if the path is of none.
    pub fn other_than(&self, path: &str) -> Vec<Reuse> {
        let Some(own) = path::environment(path) else { return Vec::new() };
        let others = self.0.iter().filter(|(environment, _)| **environment != own);
        others.map(|(environment, path)| Reuse { environment, path: path.clone() }).collect()
    }
}

impl<'p> FromIterator<&'p str> for Environments {
    fn from_iter<I: IntoIterator<Item = &'p str>>(paths: I) -> Self {
        let mut environments = Self::default();
        paths.into_iter().for_each(|path| environments.add(path));
        environments
    }
}

/// Notes on each finding the other environments whose files hold its value. `findings` are sorted, so
/// the path that is named is the first of its environment.
pub fn find_reuse(findings: &mut [Finding<'_>]) {
    let mut places: BTreeMap<Fingerprint, Environments> = BTreeMap::new();
    for finding in &*findings {
        places.entry(finding.fingerprint).or_default().add(&finding.location.path);
    }
    for finding in findings {
        finding.reused_in = places[&finding.fingerprint].other_than(&finding.location.path);
    }
}
