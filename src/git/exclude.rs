//! Ignore rules as git applies them: `.gitignore` files, `info/exclude`, `core.excludesFile`.
//!
//! Says whether a rule names a path. That everything in an ignored folder is ignored, and that tracked
//! files never are, is for the walk to know. The `ignore` crate reads these files too, but gives braces
//! and broken brackets another meaning than git does, and would leave files out that git commits.

use std::collections::HashMap;
use std::sync::Arc;

use super::glob;

/// The rules of one ignore file, and those it takes precedence over.
#[derive(Debug)]
pub struct Excludes {
    above: Option<Arc<Excludes>>,
    /// How many bytes of a path relative to the root name the folder of the file, slash included.
    base: usize,
    folds_case: bool,
    rules: Vec<Rule>,
    /// Rules without special characters, by what they name: most are, and some projects have hundreds.
    literal_names: HashMap<Vec<u8>, Vec<usize>>,
    literal_paths: HashMap<Vec<u8>, Vec<usize>>,
    /// All other rules, in order.
    globs: Vec<usize>,
}

#[derive(Debug)]
struct Rule {
    /// Without `!`, leading and trailing slash.
    pattern: Vec<u8>,
    /// How many bytes come before the first special one.
    literal: usize,
    negated: bool,
    folders_only: bool,
    /// Matched against the last part of a path, not all of it.
    names_only: bool,
}

impl Excludes {
    /// Reads the text of an ignore file in `folder` (relative to the root, `/` between its parts, empty
    /// for the root) that takes precedence over `above`. A file without rules is not kept.
    pub fn parse(
        text: &[u8],
        folder: &[u8],
        folds_case: bool,
        above: Option<Arc<Self>>,
    ) -> Option<Arc<Self>> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let rules: Vec<Rule> = text.split(|byte| *byte == b'\n').filter_map(Rule::parse).collect();
        if rules.is_empty() {
            return above;
        }
        let base = if folder.is_empty() { 0 } else { folder.len() + 1 };
        let mut excludes = Self {
            above,
            base,
            folds_case,
            rules: Vec::new(),
            literal_names: HashMap::new(),
            literal_paths: HashMap::new(),
            globs: Vec::new(),
        };
        for (index, rule) in rules.iter().enumerate() {
            let literals = match (rule.literal == rule.pattern.len(), rule.names_only) {
                (false, _) => {
                    excludes.globs.push(index);
                    continue;
                }
                (true, true) => &mut excludes.literal_names,
                (true, false) => &mut excludes.literal_paths,
            };
            let mut key = rule.pattern.clone();
            if folds_case {
                key.make_ascii_lowercase();
            }
            literals.entry(key).or_default().push(index);
        }
        excludes.rules = rules;
        Some(Arc::new(excludes))
    }

    /// Whether the last rule that names `path` excludes it; `None` when no rule names it.
    ///
    /// `path` is relative to the root of the work tree and lies in the folder of every file asked.
    pub fn verdict(&self, path: &[u8], is_folder: bool) -> Option<bool> {
        let mut file = self;
        loop {
            let relative = path.get(file.base..).unwrap_or_default();
            if let Some(rule) = file.last_rule_for(relative, is_folder) {
                return Some(!rule.negated);
            }
            file = file.above.as_deref()?;
        }
    }

    fn last_rule_for(&self, path: &[u8], is_folder: bool) -> Option<&Rule> {
        let folded;
        let path = if self.folds_case {
            folded = path.to_ascii_lowercase();
            &folded
        } else {
            path
        };
        let name = memchr::memrchr(b'/', path).map_or(path, |slash| &path[slash + 1..]);
        let applies = |index: &&usize| is_folder || !self.rules[**index].folders_only;
        let last = |literals: &HashMap<Vec<u8>, Vec<usize>>, key: &[u8]| {
            literals.get(key).and_then(|indexes| indexes.iter().rev().find(applies).copied())
        };
        let literal = last(&self.literal_names, name).max(last(&self.literal_paths, path));
        let later = |index: &&usize| literal.is_none_or(|literal| **index > literal);
        let mut later_globs = self.globs.iter().rev().take_while(later).filter(applies);
        let glob = later_globs.find(|index| {
            let rule = &self.rules[**index];
            rule.matches(if rule.names_only { name } else { path }, self.folds_case)
        });
        glob.copied().or(literal).map(|index| &self.rules[index])
    }
}

impl Rule {
    fn parse(line: &[u8]) -> Option<Self> {
        if line.first() == Some(&b'#') {
            return None;
        }
        let line = without_trailing_spaces(line.strip_suffix(b"\r").unwrap_or(line));
        let (negated, line) = line.strip_prefix(b"!").map_or((false, line), |rest| (true, rest));
        let (folders_only, line) = line.strip_suffix(b"/").map_or((false, line), |rest| (true, rest));
        let names_only = !line.contains(&b'/');
        let pattern = line.strip_prefix(b"/").unwrap_or(line).to_vec();
        let literal = pattern.iter().position(|byte| glob::is_special(*byte)).unwrap_or(pattern.len());
        (!pattern.is_empty()).then_some(Self { pattern, literal, negated, folders_only, names_only })
    }

    /// Whether a rule with special characters matches all of `text`.
    fn matches(&self, text: &[u8], fold: bool) -> bool {
        let same = |a: &[u8], b: &[u8]| if fold { a.eq_ignore_ascii_case(b) } else { a == b };
        if self.names_only
            && self.pattern[0] == b'*'
            && !self.pattern[1..].iter().any(|b| glob::is_special(*b))
        {
            let suffix = &self.pattern[1..];
            return text.len() >= suffix.len() && same(&text[text.len() - suffix.len()..], suffix);
        }
        // Git, too, takes the literal start off before it matches the rest as a pattern of its own.
        let (start, rest) = self.pattern.split_at(self.literal);
        text.len() >= start.len()
            && same(&text[..start.len()], start)
            && glob::matches(rest, &text[start.len()..], fold)
    }
}

/// The line without spaces at its end, unless a backslash keeps them.
fn without_trailing_spaces(line: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut at = 0;
    while at < line.len() {
        at += if line[at] == b'\\' { 2 } else { 1 };
        if line[at.min(line.len()) - 1] != b' ' || at - end > 1 && line[at - 2] == b'\\' {
            end = at.min(line.len());
        }
    }
    &line[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str, path: &str, is_folder: bool) -> Option<bool> {
        Excludes::parse(text.as_bytes(), b"", false, None)?.verdict(path.as_bytes(), is_folder)
    }

    #[test]
    fn the_last_rule_that_names_a_path_decides() {
        assert_eq!(verdict("*.log\n!keep.log\n", "a/keep.log", false), Some(false));
        assert_eq!(verdict("!keep.log\n*.log\n", "a/keep.log", false), Some(true));
        assert_eq!(verdict("*.log\n", "a/b.txt", false), None);
        assert_eq!(verdict("build/\n", "src/build", true), Some(true));
        assert_eq!(verdict("build/\n", "src/build", false), None);
        assert_eq!(verdict("/build\n", "src/build", true), None);
        assert_eq!(verdict("src/build\n", "src/build", true), Some(true));
        assert_eq!(verdict("# a comment\n\\#name\r\n", "#name", false), Some(true));
    }

    #[test]
    fn spaces_at_the_end_of_a_line_do_not_count_unless_escaped() {
        assert_eq!(without_trailing_spaces(b"name  "), b"name");
        assert_eq!(without_trailing_spaces(b"name\\  "), b"name\\ ");
        assert_eq!(without_trailing_spaces(b"a b \\\\ "), b"a b \\\\");
        assert_eq!(without_trailing_spaces(b"   "), b"");
        assert_eq!(without_trailing_spaces(b"name\\"), b"name\\");
    }

    #[test]
    fn a_file_deeper_down_takes_precedence() {
        let root = Excludes::parse(b"*.env\n", b"", false, None);
        let deep = Excludes::parse(b"!/prod.env", b"config", false, root).expect("it has a rule");
        assert_eq!(deep.verdict(b"config/prod.env", false), Some(false));
        assert_eq!(deep.verdict(b"config/a/prod.env", false), Some(true));
    }
}
