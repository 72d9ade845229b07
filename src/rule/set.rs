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

    /// Only the rules given.
    pub fn of(rules: Vec<RuleSpec>) -> Self {
        Self { builtin: &[], user: rules }
    }

    /// Every rule, built-in ones first.
    pub fn iter(&self) -> impl Iterator<Item = &RuleSpec> {
        self.builtin.iter().chain(&self.user)
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.builtin.len() + self.user.len()
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rule at a place in the order of [`RuleSet::iter`]. Panics past the end.
    pub fn at(&self, index: usize) -> &RuleSpec {
        self.builtin.get(index).unwrap_or_else(|| &self.user[index - self.builtin.len()])
    }

    /// The rule of an id or of one of its aliases.
    pub fn get(&self, id: &str) -> Option<&RuleSpec> {
        self.iter().find(|rule| rule.id == id || rule.aliases.iter().any(|alias| alias == id))
    }
}
