//! The rules of one run: the built-in ones and the user's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use regex::bytes::RegexBuilder;
use thiserror::Error;

use super::builtin;
use super::file::{self, Mistake, RuleFile};
use super::{Detection, RuleSpec, Text, glob};

/// A name that differs from another in so many letters may have been meant for it.
const MOST_MISTYPED: usize = 3;

/// The rules of one run. No id or alias stands for two of them.
#[derive(Clone, Debug)]
pub struct RuleSet {
    builtin: &'static [RuleSpec],
    user: Vec<RuleSpec>,
}

/// Why rules cannot be used.
#[derive(Debug, Error)]
pub enum RuleError {
    /// A rule file could not be read.
    #[error("cannot read the rule file {path}: {cause}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        cause: io::Error,
    },
    /// Rule files hold mistakes.
    #[error("{}", file::lines(.0))]
    Mistakes(Vec<Mistake>),
    /// An id or alias stands for two rules.
    #[error("two rules are called `{0}`")]
    Duplicate(String),
}

/// How many bytes must be put in, left out or replaced to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, a) in one.bytes().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], at + 1);
        for (next, b) in other.bytes().enumerate() {
            let replaced = corner + usize::from(a != b);
            corner = row[next + 1];
            row[next + 1] = replaced.min(corner + 1).min(row[next] + 1);
        }
    }
    row[other.len()]
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

    /// The built-in rules and the user's. Fails when an id or alias is used twice.
    pub fn with_user(user: Vec<RuleSpec>) -> Result<Self, RuleError> {
        let set = Self { user, ..Self::builtin() };
        let mut names = BTreeSet::new();
        for name in set.iter().flat_map(|rule| std::iter::once(&rule.id).chain(rule.aliases.iter())) {
            if !names.insert(name.as_ref()) {
                return Err(RuleError::Duplicate(name.to_string()));
            }
        }
        Ok(set)
    }

    /// The built-in rules and those of the user's files. All mistakes of all files are reported at once.
    pub fn with_files(paths: &[PathBuf]) -> Result<Self, RuleError> {
        // That the built-in ones differ was found when they were built in.
        if paths.is_empty() {
            return Ok(Self::builtin());
        }
        let files = read_files(paths)?;
        Self::with_user(files.into_iter().flat_map(|file| file.rules).map(|entry| entry.spec).collect())
    }

    /// These and those of another tool whose ids are still free.
    pub fn with_taken(mut self, taken: &[RuleSpec]) -> Self {
        let free: Vec<_> = taken.iter().filter(|rule| self.get(&rule.id).is_none()).cloned().collect();
        self.user.extend(free);
        self
    }

    /// Whether a name is that of a rule that comes with the program.
    pub fn is_builtin(&self, name: &str) -> bool {
        self.builtin.iter().any(|rule| rule.is_called(name))
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
        self.iter().find(|rule| rule.is_called(id))
    }

    /// What is told of a name that no rule has, with the one that comes nearest.
    pub fn unknown(&self, name: &str) -> String {
        let names = self.iter().flat_map(|rule| std::iter::once(&rule.id).chain(rule.aliases.iter()));
        let near = names.map(|known| (distance(known, name), known)).min();
        match near.filter(|(distance, _)| *distance <= MOST_MISTYPED) {
            Some((_, near)) => format!("no rule is called `{name}`; did you mean `{near}`?"),
            None => format!("no rule is called `{name}`; `stanch rules list` names all"),
        }
    }

    /// The examples of a built-in rule, as templates; none for a user's rule.
    pub fn examples(&self, id: &str) -> &'static [&'static str] {
        let index = self.builtin.iter().position(|rule| rule.id == id);
        index.map_or(&[], |index| builtin::EXAMPLES[index])
    }
}

/// Reads a user's rule files and checks them, one by one and together with the built-in rules.
pub fn read_files(paths: &[PathBuf]) -> Result<Vec<RuleFile>, RuleError> {
    let (mut files, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        match read_file(path)? {
            Ok(file) => files.push(file),
            Err(found) => mistakes.extend(found),
        }
    }
    // A file that could not be read would make every partner in it unknown.
    if mistakes.is_empty() {
        mistakes = file::link(&files, builtin::RULES);
        mistakes.extend(files.iter().flat_map(RuleFile::uncompilable));
    }
    if mistakes.is_empty() { Ok(files) } else { Err(RuleError::Mistakes(mistakes)) }
}

fn read_file(path: &Path) -> Result<Result<RuleFile, Vec<Mistake>>, RuleError> {
    let name = path.display().to_string();
    match fs::read(path) {
        Ok(bytes) => Ok(file::read(&name, &bytes)),
        Err(cause) => Err(RuleError::Unreadable { path: name, cause }),
    }
}

impl RuleFile {
    /// Patterns that are correct but compile to more than the engine allows, and paths that are no globs; `read`
    /// cannot tell.
    fn uncompilable(&self) -> Vec<Mistake> {
        let mut mistakes = self.too_large();
        for entry in &self.rules {
            if let Err(error) = glob::compile(&entry.spec.path) {
                mistakes.push(self.mistake(entry.line, format!("`path` cannot be used: {error}")));
            }
        }
        mistakes
    }

    fn too_large(&self) -> Vec<Mistake> {
        let mut patterns = Vec::new();
        for entry in &self.rules {
            match &entry.spec.detection {
                Detection::Token { pattern, .. } => patterns.push((entry, "pattern", pattern)),
                Detection::Context { value, .. } => patterns.push((entry, "value", value)),
                Detection::Regex(freeform) => {
                    patterns.push((entry, "regex", &freeform.regex));
                    patterns.push((entry, "path_regex", &freeform.path));
                }
                Detection::Beside(_) => {}
            }
        }
        let is_too_large =
            |(_, _, pattern): &(_, _, &Text)| RegexBuilder::new(pattern).unicode(false).build().is_err();
        patterns
            .into_iter()
            .filter(is_too_large)
            .map(|(entry, field, _)| {
                self.mistake(entry.line, format!("`{field}` is too large to be compiled"))
            })
            .collect()
    }
}
