//! What other tools were told about a project, read so that it holds here, too.
//!
//! Each file becomes allowances. What it says and cannot be done is collected with its line and a reason;
//! what is broken is an error, as with our own file.

use std::fs;
use std::path::{Path, PathBuf};

use super::re2::{self, Refusal};
use super::{Config, ConfigError, detect_secrets, ggshield, gitleaks, is_there, read};
use crate::finding::SuppressionKind;
use crate::finding::baseline::quoted;
use crate::finding::policy::{Allow, PathMatch, ValueMatch};
use crate::rule::RuleSpec;
use crate::rule::file::Mistake;
use crate::span::line_of;

/// A file of another tool.
pub struct Foreign {
    /// Its name, at the root of a project.
    pub file: &'static str,
    /// Reads it.
    read: fn(&mut Reader<'_>),
}

/// The files that are looked for.
pub const FOREIGN: &[Foreign] = &[
    Foreign { file: gitleaks::CONFIGS[0], read: gitleaks::config },
    Foreign { file: gitleaks::CONFIGS[1], read: gitleaks::config },
    Foreign { file: ".gitleaksignore", read: gitleaks::ignore },
    Foreign { file: ".betterleaksignore", read: gitleaks::ignore },
    Foreign { file: ".secrets.baseline", read: detect_secrets::baseline },
    Foreign { file: ".gitguardian.yaml", read: ggshield::config },
    Foreign { file: ".gitguardian.yml", read: ggshield::config },
    Foreign { file: ".secretsignore", read: secretsignore },
];

/// Reads what other tools' files at `base` say into `config`.
pub fn read_foreign(config: &mut Config, base: &Path) -> Result<(), ConfigError> {
    for foreign in FOREIGN {
        let path = base.join(foreign.file);
        if is_there(&path) {
            read_one(config, &path, foreign.file, base, foreign.read)?;
        }
    }
    Ok(())
}

/// Whether a file is another tool's baseline, told from its text: a list of findings, or detect-secrets' results.
pub fn is_baseline(text: &str) -> bool {
    text.trim_start().starts_with(['[', '{'])
}

/// Reads a baseline that was named: a report of gitleaks, or detect-secrets' baseline.
pub fn read_baseline(config: &mut Config, path: &Path, base: &Path) -> Result<(), ConfigError> {
    let shown = path.display().to_string();
    let of_gitleaks = fs::read_to_string(path).is_ok_and(|text| text.trim_start().starts_with('['));
    let reader = if of_gitleaks { gitleaks::baseline } else { detect_secrets::baseline };
    read_one(config, path, &shown, base, reader)
}

fn read_one(
    config: &mut Config,
    path: &Path,
    shown: &str,
    base: &Path,
    read_it: fn(&mut Reader<'_>),
) -> Result<(), ConfigError> {
    let text = read(path)?;
    let open = vec![path.canonicalize().unwrap_or_else(|_| path.to_owned())];
    let mut reader = Reader { path: shown.to_owned(), text: &text, base, open, said: Said::default() };
    read_it(&mut reader);
    let Said { allows, mut unsupported, mistakes, rules, .. } = reader.said;
    if !mistakes.is_empty() {
        return Err(ConfigError::Foreign(mistakes));
    }
    let what =
        format!("{} rules, {} allowances, {} not supported", rules.len(), allows.len(), unsupported.len());
    config.tell("foreign[]", quoted(&what), shown);
    for (rule, (path, line)) in rules {
        config.policy.rule_files.insert(path.clone());
        if config.taken.iter().any(|taken| taken.id == rule.id) {
            let message = format!("rule `{}` is taken over from another file already", rule.id);
            unsupported.push(Mistake { path, line, message });
            continue;
        }
        let always = rule.freeform().is_some_and(|freeform| freeform.keywords.is_empty());
        let told = if always {
            format!("{}: without keywords, in every text", rule.id)
        } else {
            rule.id.to_string()
        };
        config.tell("taken[]", quoted(&told), format!("{path}:{line}"));
        config.taken.push(rule);
    }
    config.policy.allows.extend(allows);
    config.unsupported.extend(unsupported);
    Ok(())
}

/// A file being read, and what came of it.
pub struct Reader<'a> {
    /// As messages show it.
    pub path: String,
    /// All of it.
    pub text: &'a str,
    /// What its paths are relative to.
    pub base: &'a Path,
    /// The files that are being read: one that extends these goes in a circle.
    pub open: Vec<PathBuf>,
    /// What came of it so far.
    pub said: Said,
}

/// What a file says, and those that it extends.
#[derive(Default)]
pub struct Said {
    /// What it allows.
    pub allows: Vec<Allow>,
    /// Its rules as they are written.
    pub written: Vec<gitleaks::Written>,
    /// Whether they come over gitleaks' own rules.
    pub extends_default: bool,
    /// Rules, and where each is written.
    pub rules: Vec<(RuleSpec, (String, usize))>,
    /// What it says that cannot be done, and why.
    pub unsupported: Vec<Mistake>,
    /// What is broken.
    pub mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    /// The line, from 1, at an offset.
    pub fn line(&self, offset: usize) -> usize {
        line_of(self.text.as_bytes(), offset)
    }

    /// Tells of something that cannot be done.
    pub fn unsupported(&mut self, line: usize, message: impl Into<String>) {
        self.said.unsupported.push(Mistake { path: self.path.clone(), line, message: message.into() });
    }

    /// Tells of something that cannot be done in a file that this one extends.
    pub fn unsupported_in(&mut self, (path, line): &(String, usize), message: String) {
        self.said.unsupported.push(Mistake { path: path.clone(), line: *line, message });
    }

    /// Tells of something that is broken.
    pub fn broken(&mut self, line: usize, message: impl Into<String>) {
        self.said.mistakes.push(Mistake { path: self.path.clone(), line, message: message.into() });
    }

    /// An allowance of this file that is not yet about anything.
    pub fn allow(&self, line: usize) -> Allow {
        Allow {
            kind: SuppressionKind::Foreign,
            origin: (self.path.clone(), line),
            rules: Vec::new(),
            paths: Vec::new(),
            line: None,
            commit: None,
            values: Vec::new(),
            commits: Vec::new(),
            all: false,
            reason: None,
            expires: None,
        }
    }

    /// An expression of Go's or Python's dialect, unless it cannot be taken over.
    pub fn regex(&mut self, line: usize, pattern: &str) -> Option<regex::bytes::Regex> {
        match re2::compile(pattern) {
            Ok(regex) => Some(regex),
            Err(Refusal::Malformed(why)) => {
                self.broken(line, format!("`{pattern}` is no regular expression: {why}"));
                None
            }
            Err(Refusal::Unsupported(why)) => {
                self.unsupported(line, format!("the expression `{pattern}` is not supported: {why}"));
                None
            }
        }
    }
}

/// The ignore file of ripsecrets: globs as in `.gitignore`, and after `[secrets]` values.
fn secretsignore(reader: &mut Reader<'_>) {
    let mut is_values = false;
    for (number, line) in (1..).zip(reader.text.lines()) {
        let entry = line.trim();
        if entry.is_empty() || entry.starts_with('#') {
            continue;
        }
        if entry.starts_with('[') && entry.ends_with(']') {
            is_values = entry == "[secrets]";
            if !is_values {
                reader.unsupported(number, format!("the section `{entry}` is not known"));
            }
            continue;
        }
        let mut allow = reader.allow(number);
        if is_values {
            allow.values.push(ValueMatch::Exact(crate::secret::Secret::password(entry.as_bytes())));
        } else if entry.starts_with('!') {
            reader.unsupported(number, format!("`{entry}`: paths that are excepted again are not supported"));
            continue;
        } else {
            match PathMatch::glob(entry) {
                Ok(glob) => allow.paths.push(glob),
                Err(error) => {
                    reader.broken(number, format!("`{entry}` is no glob: {}", error.kind()));
                    continue;
                }
            }
        }
        reader.said.allows.push(allow);
    }
}
