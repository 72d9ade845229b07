//! The globs of a rule: which paths it is for.
//!
//! Files of rules are refused by what makes the globs here, so that what is used later is known to be valid.

use globset::{Error, GlobBuilder, GlobSet, GlobSetBuilder};

use super::Text;

/// Compiles the globs of a rule; one without a `/` is for names in any folder, and case tells nothing apart.
pub fn compile(globs: &[Text]) -> Result<GlobSet, Error> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let anywhere = if glob.contains('/') { glob.to_string() } else { format!("**/{glob}") };
        set.add(GlobBuilder::new(&anywhere).literal_separator(true).case_insensitive(true).build()?);
    }
    set.build()
}
