//! The rules of one run: the built-in ones and the user's.

use super::RuleSpec;
use super::builtin;

/// The rules of one run.
#[derive(Clone, Debug)]
pub struct RuleSet {
    builtin: &'static [RuleSpec],
    user: Vec<RuleSpec>,
}

impl RuleSet {
    /// The rules that come with the program.
    pub fn builtin() -> Self {
        Self { builtin: builtin::RULES, user: Vec::new() }
    }

    /// Every rule, built-in ones first.
    pub fn iter(&self) -> impl Iterator<Item = &RuleSpec> {
        self.builtin.iter().chain(&self.user)
    }

    /// The rule of an id or of one of its aliases.
    pub fn get(&self, id: &str) -> Option<&RuleSpec> {
        self.iter().find(|rule| rule.id == id || rule.aliases.iter().any(|alias| alias == id))
    }
}
