//! Whether a secret that was found in history is due to be replaced.
//!
//! A secret that others could fetch is due at once; one that never left this repository, after some
//! months, as any secret is. Facts come from its life, the path says which limit holds.

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::path;

/// Whether it is time to replace a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rotation {
    /// Not yet.
    Ok,
    /// Now.
    Due,
    /// It should have been replaced.
    Overdue,
}

impl Rotation {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Due => "due",
            Self::Overdue => "overdue",
        }
    }
}

/// After how many days a secret is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// In files of production, and in those whose environment is not told by their path.
    pub production_days: u64,
    /// When all of its files belong to development, test or staging.
    pub development_days: u64,
    /// How many days after it was due it is overdue.
    pub grace_days: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Limits {
    /// 90 days, 180 days, and a week to do it.
    pub const DEFAULT: Self = Self { production_days: 90, development_days: 180, grace_days: 7 };

    /// Whether a finding is due; `None` outside history, and when no commit ever held it.
    pub fn rotation(&self, finding: &Finding<'_>) -> Option<Rotation> {
        let life = finding.life.as_ref()?;
        let others = life.also_at.iter().map(|sight| &sight.location);
        let paths = others.chain([&finding.location]).map(|location| location.path.as_str());
        Some(self.after(life.exposed_days?, life.is_shared, paths))
    }

    /// Whether a secret in files of these paths is due after so many days.
    pub fn after<'p>(&self, days: u64, is_shared: bool, paths: impl Iterator<Item = &'p str>) -> Rotation {
        let mut environments = paths.map(path::environment);
        let limit = if is_shared {
            0
        } else if environments.all(|environment| environment.is_some_and(|name| name != "production")) {
            self.development_days
        } else {
            self.production_days
        };
        match days {
            days if days < limit => Rotation::Ok,
            days if days - limit < self.grace_days => Rotation::Due,
            _ => Rotation::Overdue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_depends_on_where_it_stands_and_who_can_fetch_it() {
        let after = |days, is_shared, paths: &[&'static str]| {
            Limits::DEFAULT.after(days, is_shared, paths.iter().copied())
        };
        assert_eq!(after(89, false, &["app.env"]), Rotation::Ok);
        assert_eq!(after(90, false, &["app.env"]), Rotation::Due);
        assert_eq!(after(97, false, &["app.env"]), Rotation::Overdue);
        assert_eq!(after(179, false, &["deploy/dev/app.env", "config/test.yml"]), Rotation::Ok);
        assert_eq!(after(180, false, &["deploy/dev/app.env"]), Rotation::Due);
        assert_eq!(after(100, false, &["deploy/dev/app.env", ".env.production"]), Rotation::Overdue);
        assert_eq!(after(0, true, &["deploy/dev/app.env"]), Rotation::Due);
        assert_eq!(after(7, true, &["deploy/dev/app.env"]), Rotation::Overdue);
    }
}
