//! The same value in files of different environments: what leaks from one opens the other.

use std::collections::BTreeMap;

use super::{Finding, Fingerprint, Reuse};
use crate::path;

/// Notes on each finding the other environments whose files hold its value. `findings` are sorted, so
/// the path that is named is the first of its environment.
pub fn find_reuse(findings: &mut [Finding<'_>]) {
    let mut places: BTreeMap<Fingerprint, BTreeMap<&'static str, String>> = BTreeMap::new();
    for finding in &*findings {
        if let Some(environment) = path::environment(&finding.location.path) {
            let paths = places.entry(finding.fingerprint).or_default();
            paths.entry(environment).or_insert_with(|| finding.location.path.clone());
        }
    }
    for finding in findings {
        let Some(own) = path::environment(&finding.location.path) else { continue };
        let paths = &places[&finding.fingerprint];
        let others = paths.iter().filter(|(environment, _)| **environment != own);
        finding.reused_in =
            others.map(|(environment, path)| Reuse { environment, path: path.clone() }).collect();
    }
}
