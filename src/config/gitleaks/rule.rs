//! Rules of a project, made into rules of free form.
//!
//! What gitleaks finds by itself is left to stanch's own rules: a rule without an expression or path only changes one
//! of those, and a file that writes out many of them is taken for a copy.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::DeValue;

use super::allowlist::allowlist;
use super::table::{Fields, count, each, is_true, number, text, texts};
use crate::config::foreign::Reader;
use crate::config::re2;
use crate::rule::file::Mistake;
use crate::rule::{
    Category, Confidence, Detection, Freeform, List, Requirement, RuleSet, RuleSpec, Severity, Text,
};

/// How many rules that are called as stanch's own are make a file a copy of gitleaks' rules.
const COPY: usize = 20;
/// What is added to the id of a project's rule that is called as one of stanch's own.
const OWN: &str = "-custom";
/// Words that tell a rule for passwords, of which masks show nothing.
const PASSWORD_WORDS: &[&str] = &["passw", "passphrase", "pwd", "credential"];

/// A rule as it is written; one that is written again, by a file that extends another, adds to it.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// Where it is written: file and line.
    origin: (String, usize),
    id: String,
    description: String,
    regex: Option<(String, usize)>,
    path: Option<(String, usize)>,
    group: usize,
    entropy: Option<f32>,
    keywords: Vec<String>,
    requires: Vec<(Requirement, usize)>,
    unreported: bool,
}

/// Reads a rule, and its allowlists.
pub fn read(reader: &mut Reader<'_>, fields: &Fields<'_>, line: usize) {
    let named = |wanted: &str| fields.iter().find(|(name, ..)| name == wanted);
    // The oldest configurations have rules with nothing but a description.
    let id = named("id").or_else(|| named("description")).and_then(|(_, value, _)| text(value));
    let Some(id) = id.filter(|id| !id.trim().is_empty()) else {
        return reader.broken(line, "a rule without `id`");
    };
    let is_same = |written: &Written| written.id == id;
    let place = reader.said.written.iter().position(is_same).unwrap_or_else(|| {
        let origin = (reader.path.clone(), line);
        reader.said.written.push(Written { origin, id: id.clone(), ..Written::default() });
        reader.said.written.len() - 1
    });
    let mut written = std::mem::take(&mut reader.said.written[place]);
    for (name, value, line) in fields {
        match name.as_str() {
            "allowlist" | "allowlists" | "whitelist" => {
                each(reader, value, *line, name, |reader, fields, line| {
                    allowlist(reader, fields, line, std::slice::from_ref(&id));
                });
            }
            _ => written.field(reader, name, value, *line),
        }
    }
    reader.said.written[place] = written;
}

impl Written {
    fn field(&mut self, reader: &mut Reader<'_>, name: &str, value: &Spanned<DeValue<'_>>, line: usize) {
        let mut wrong =
            |what: &str| reader.broken(line, format!("`{name}` of rule `{}` is no {what}", self.id));
        match name {
            "id" | "tags" => {}
            "description" => self.description = text(value).unwrap_or_default(),
            "regex" | "path" => match text(value) {
                Some(text) if name == "regex" => self.regex = Some((text, line)),
                Some(text) => self.path = Some((text, line)),
                None => wrong("text"),
            },
            "secretgroup" => match count(value) {
                Some(group) => self.group = usize::try_from(group).unwrap_or(usize::MAX),
                None => wrong("number"),
            },
            "entropy" => match number(value) {
                Some(entropy) => self.entropy = Some(entropy),
                None => wrong("number"),
            },
            "keywords" => {
                let keywords = texts(reader, name, value, line).into_iter().map(|(keyword, _)| keyword);
                self.keywords.extend(keywords);
            }
            "skipreport" => self.unreported = is_true(value),
            "required" | "components" => each(reader, value, line, name, |reader, fields, line| {
                self.requires.extend(requirement(reader, fields, line));
            }),
            "filter" | "prefilter" | "validate" => {
                let message =
                    format!("rule `{}`: `{name}` is a program, not data, and is not supported", self.id);
                reader.unsupported(line, message);
            }
            _ => reader.unsupported(line, format!("rule `{}`: `{name}` is not known", self.id)),
        }
    }

    fn is_about_passwords(&self) -> bool {
        let regex = self.regex.as_ref().map_or("", |(regex, _)| regex);
        let words = format!("{} {} {regex}", self.id, self.description).to_lowercase();
        PASSWORD_WORDS.iter().any(|word| words.contains(word))
    }

    /// The rule, or why there is none and on which line.
    fn rule(&self, id: String, requires: Vec<Requirement>) -> Result<RuleSpec, (usize, String)> {
        // Without one it names files, and all that these hold is the secret.
        let none = (String::new(), self.origin.1);
        let (regex, line) = self.regex.as_ref().unwrap_or(&none);
        let compile = |(pattern, line): &(String, usize)| {
            let told = |why| (*line, format!("the expression `{pattern}` is not supported: {why}"));
            re2::compile(pattern).map_err(told)
        };
        let compiled = compile(&(regex.clone(), *line))?;
        if self.group >= compiled.captures_len() {
            let message = format!("`secretGroup` is {}, and the expression has no such group", self.group);
            return Err((*line, message));
        }
        let path = self.path.as_ref().map(compile).transpose()?;
        let keywords = self.keywords.iter().filter(|keyword| !keyword.is_empty());
        let description = if self.description.trim().is_empty() { &self.id } else { &self.description };
        Ok(RuleSpec {
            id: id.into(),
            description: description.clone().into(),
            category: if self.is_about_passwords() { Category::Password } else { Category::ApiKey },
            severity: Severity::High,
            confidence: Confidence::Medium,
            detection: Detection::Regex(Freeform {
                keywords: keywords.map(|keyword| Text::from(keyword.clone())).collect(),
                regex: compiled.as_str().to_owned().into(),
                group: self.group,
                path: path.map_or(String::new(), |path| path.as_str().to_owned()).into(),
                requires: requires.into(),
                unreported: self.unreported,
            }),
            entropy: self.entropy.filter(|_| self.regex.is_some()).unwrap_or_default(),
            checksum: None,
            path: List::default(),
            allowlist: List::default(),
            pairs_with: List::default(),
            partner_only: false,
            revoke: Text::default(),
            references: List::default(),
            aliases: List::default(),
        })
    }
}

/// What a rule requires; gitleaks counts lines and columns apart, betterleaks in one text as `5L`.
fn requirement(reader: &mut Reader<'_>, fields: &Fields<'_>, line: usize) -> Option<(Requirement, usize)> {
    let mut requirement = Requirement { rule: Text::default(), lines: None, columns: None };
    for (name, value, line) in fields {
        match name.as_str() {
            "id" => requirement.rule = text(value).unwrap_or_default().into(),
            "withinlines" => requirement.lines = count(value),
            "withincolumns" => requirement.columns = count(value),
            "within" => {
                let within = text(value).unwrap_or_default();
                match within.strip_suffix('L').and_then(|lines| lines.parse().ok()) {
                    Some(lines) => requirement.lines = Some(lines),
                    None => reader.unsupported(*line, format!("`within = \"{within}\"` is not supported")),
                }
            }
            "optional" if is_true(value) => return None,
            "optional" => {}
            _ => reader.unsupported(*line, format!("`{name}` of what a rule requires is not known")),
        }
    }
    if requirement.rule.is_empty() {
        reader.broken(line, "what a rule requires has no `id`");
        return None;
    }
    Some((requirement, line))
}

/// Makes rules of all that was written.
pub fn take(reader: &mut Reader<'_>) {
    let known = RuleSet::builtin();
    let written = std::mem::take(&mut reader.said.written);
    let is_known = |written: &&Written| known.get(&written.id).is_some() && written.regex.is_some();
    let ours = written.iter().filter(is_known).count();
    let is_copy = !reader.said.extends_default && ours >= COPY;
    if is_copy {
        let message = format!("{ours} rules are called as stanch's own are, which stand for them");
        reader.unsupported(written.iter().find(is_known).map_or(1, |written| written.origin.1), message);
    }
    let mut ids = BTreeMap::new();
    for one in &written {
        let is_ours = known.get(&one.id).is_some();
        let is_taken = one.regex.is_some() || one.path.is_some();
        if is_taken && !(is_ours && is_copy) {
            ids.insert(
                one.id.clone(),
                if is_ours { format!("{}{OWN}", slug(&one.id)) } else { slug(&one.id) },
            );
        } else if one.entropy.is_some() {
            let message =
                format!("rule `{}`: stanch's own stands for it, and its `entropy` is not supported", one.id);
            reader.unsupported_in(&one.origin, message);
        }
    }
    for one in &written {
        let Some(id) = ids.get(&one.id) else { continue };
        let rule = requirements(one, &ids, &known).and_then(|requires| one.rule(id.clone(), requires));
        match rule {
            Ok(rule) => reader.said.rules.push((rule, one.origin.clone())),
            Err((line, message)) => {
                // A scan without it would be silent about what it was written to find.
                let message = format!("rule `{}` cannot be taken over: {message}", one.id);
                reader.said.mistakes.push(Mistake { path: one.origin.0.clone(), line, message });
            }
        }
    }
    // What is allowed for a rule is allowed for what it became, too.
    for allow in &mut reader.said.allows {
        let became: Vec<_> = allow.rules.iter().filter_map(|rule| ids.get(rule)).cloned().collect();
        allow.rules.extend(became);
        allow.rules.dedup();
    }
}

/// What a rule requires, by the ids that stanch knows.
fn requirements(
    written: &Written,
    ids: &BTreeMap<String, String>,
    known: &RuleSet,
) -> Result<Vec<Requirement>, (usize, String)> {
    let resolve = |(requirement, line): &(Requirement, usize)| {
        let own = ids.get(&*requirement.rule).map(|id| Text::from(id.clone()));
        let rule = own.or_else(|| known.get(&requirement.rule).map(|rule| rule.id.clone()));
        let unknown = || (*line, format!("it requires `{}`, which there is not", requirement.rule));
        Ok(Requirement { rule: rule.ok_or_else(unknown)?, ..requirement.clone() })
    };
    written.requires.iter().map(resolve).collect()
}

/// An id without what no id may hold.
fn slug(id: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let words = id.split(|c| !is_word(c)).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    if slug == id { slug } else { slug.to_lowercase() }
}
