//! What a run is told beforehand: `stanch.toml`, the environment, and what other tools' files say.
//!
//! Files are read in this order, each over the one before: the user's (`$XDG_CONFIG_HOME/stanch/stanch.toml`), the
//! nearest `stanch.toml` from the scanned folder upwards, the environment; arguments come last and are for the
//! command line. Every value remembers where it came from. A mistake in any file ends the run before anything is
//! scanned; what another tool's file says and we cannot do is told, never guessed.

mod detect_secrets;
mod file;
mod foreign;
mod ggshield;
mod gitleaks;
mod re2;
mod write;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;

use crate::finding::Key;
use crate::finding::policy::Policy;
use crate::git::WorkTree;
use crate::remedy::Limits;
use crate::rule::file::{Mistake, lines};
use crate::rule::{Confidence, RuleSet, RuleSpec};
use crate::secret::MASK;
use crate::span::line_of;

pub use file::schema;
pub use foreign::{is_baseline, read_baseline};
pub use write::{is_general, rules_toml, stanch_toml};

/// The name of our file.
pub const NAME: &str = "stanch.toml";
/// Where rules of other tools are written to.
pub const RULES: &str = "stanch-rules.toml";
/// The baseline that is used without being named.
pub const BASELINE: &str = ".stanch-baseline.toml";

/// Where to look for configuration.
pub struct Request<'a> {
    /// A file to use instead of those that would be found; `--config`.
    pub file: Option<PathBuf>,
    /// The folder that is scanned: absolute, without links.
    pub folder: PathBuf,
    /// The environment.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
}

/// All that was told.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The least confidence, if any file says so.
    pub confidence: Option<Confidence>,
    /// The baseline: named, or found beside the configuration.
    pub baseline: Option<PathBuf>,
    /// Whether what a range of commits added and removed again is told and fails nothing.
    pub allow_removed: bool,
    /// The key of fingerprints, if it is said, and where.
    pub key: Option<(Key, String)>,
    /// Files of rules.
    pub rules: Vec<PathBuf>,
    /// What of other tools is honoured.
    pub foreign: Honoured,
    /// Rules that other tools' files hold.
    pub taken: Vec<RuleSpec>,
    /// After how many days secrets of a history are due to be replaced.
    pub rotation: Limits,
    /// What is decided about findings.
    pub policy: Policy,
    /// What other tools' files say that is not supported.
    pub unsupported: Vec<Mistake>,
    /// Every value, with where it came from.
    pub told: Vec<Told>,
    /// Names of rules, to be checked when all rules are known.
    named: Vec<(Mistake, String)>,
}

/// What of other tools is honoured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Honoured {
    /// Comments, configuration, ignore files and baselines.
    #[default]
    All,
    /// Comments alone.
    Comments,
    /// Nothing.
    None,
}

impl fmt::Display for Honoured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Comments => "comments",
            Self::None => "none",
        })
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its name, as in `rule.generic-password.severity`.
    pub name: String,
    /// Its value, as TOML writes it.
    pub value: String,
    /// A file and a line, a variable, or the default.
    pub origin: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A file could not be read.
    #[error("cannot read {path}: {cause}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        cause: io::Error,
    },
    /// Files hold mistakes.
    #[error("{}", lines(.0))]
    Mistakes(Vec<Mistake>),
    /// Files of other tools hold mistakes.
    #[error("{}\nmend it, or scan without other tools' files: `foreign = \"comments\"` in {NAME}", lines(.0))]
    Foreign(Vec<Mistake>),
    /// A variable holds no value of its kind.
    #[error("{name}: {message}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        message: String,
    },
}

impl Config {
    /// Reads all there is for a folder.
    pub fn load(request: &Request<'_>) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        let base = base(&request.folder);
        let variable = |name: &str| (request.variable)(name).filter(|value| !value.is_empty());
        let named = request.file.clone().or_else(|| variable("STANCH_CONFIG").map(PathBuf::from));
        if let Some(file) = &named {
            file::read_into(&mut config, file, &base)?;
        } else {
            let user = user_folder(&variable).map(|folder| folder.join("stanch").join(NAME));
            let own = upwards(&request.folder, &base);
            for file in user.into_iter().filter(|file| is_there(file)).chain(own) {
                file::read_into(&mut config, &file, &base)?;
            }
        }
        config.read_variables(&variable)?;
        // Whether they are honoured or not: a history that was migrated still holds them.
        config.policy.rule_files.extend(gitleaks::CONFIGS.map(str::to_owned));
        if config.foreign == Honoured::All {
            foreign::read_foreign(&mut config, &base)?;
        }
        if config.baseline.is_none() {
            config.baseline = Some(base.join(BASELINE)).filter(|file| is_there(file));
            if config.baseline.is_some() {
                config.tell("baseline", format!("{BASELINE:?}"), "found");
            }
        }
        Ok(config)
    }

    /// Refuses names of rules that there are not.
    pub fn check(&self, rules: &RuleSet) -> Result<(), ConfigError> {
        let unknown = self.named.iter().filter(|(_, name)| name != "*" && rules.get(name).is_none());
        let told =
            |(mistake, name): &(Mistake, String)| Mistake { message: rules.unknown(name), ..mistake.clone() };
        let mistakes: Vec<_> = unknown.map(told).collect();
        if mistakes.is_empty() { Ok(()) } else { Err(ConfigError::Mistakes(mistakes)) }
    }

    /// Remembers a value; one that was told before is replaced unless it is of a list.
    fn tell(&mut self, name: &str, value: String, origin: impl Into<String>) {
        if !name.ends_with("[]") {
            self.told.retain(|told| told.name != name);
        }
        self.told.push(Told { name: name.to_owned(), value, origin: origin.into() });
    }

    fn set_key(&mut self, key: Key, origin: String) {
        self.tell("fingerprint_key", format!("\"{MASK}\""), origin.clone());
        self.key = Some((key, origin));
    }

    fn read_variables(&mut self, variable: &dyn Fn(&str) -> Option<OsString>) -> Result<(), ConfigError> {
        if let Some(value) = variable("STANCH_CONFIDENCE") {
            let wrong = |message| ConfigError::Variable { name: "STANCH_CONFIDENCE", message };
            let level: Confidence = value.to_string_lossy().parse().map_err(wrong)?;
            self.confidence = Some(level);
            self.tell("confidence", format!("\"{level}\""), "STANCH_CONFIDENCE");
        }
        const KEY: &str = "STANCH_FINGERPRINT_KEY";
        if let Some(value) = variable(KEY) {
            let key = value.to_string_lossy().parse();
            self.set_key(
                key.map_err(|message| ConfigError::Variable { name: KEY, message })?,
                KEY.to_owned(),
            );
        }
        if let Some(value) = variable("STANCH_BASELINE") {
            self.tell("baseline", format!("{:?}", value.to_string_lossy()), "STANCH_BASELINE");
            self.baseline = Some(value.into());
        }
        Ok(())
    }
}

/// The folder that paths of findings are relative to: the root of the work tree, else the folder itself.
pub fn base(folder: &Path) -> PathBuf {
    WorkTree::discover(folder).map_or_else(|| folder.to_owned(), |work_tree| work_tree.root)
}

/// The nearest file of ours, from a folder up to the root of its work tree; outside of git up to the top.
fn upwards(folder: &Path, base: &Path) -> Option<PathBuf> {
    let stop = if WorkTree::at(base).is_some() { Some(base) } else { None };
    for above in folder.ancestors() {
        let found =
            [NAME, ".stanch.toml"].map(|name| above.join(name)).into_iter().find(|file| is_there(file));
        if found.is_some() || Some(above) == stop {
            return found;
        }
    }
    None
}

fn user_folder(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let home = || Some(PathBuf::from(variable("HOME")?).join(".config"));
    variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute()).or_else(home)
}

/// Whether anything has this name: a link that leads nowhere is then told of, and not passed over.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// The text of a file.
fn read(path: &Path) -> Result<String, ConfigError> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|cause| ConfigError::Unreadable { path: name.clone(), cause })?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = line_of(error.as_bytes(), valid);
        ConfigError::Mistakes(vec![Mistake { path: name, line, message: "is not UTF-8".to_owned() }])
    })
}

/// The name of the field that is given a value on the line at an offset; never any of the value.
fn field_at(text: &str, offset: usize) -> Option<&str> {
    let line = text.lines().nth(line_of(text.as_bytes(), offset) - 1)?;
    let (field, _) = line.split_once('=')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    Some(field.trim()).filter(|field| !field.is_empty() && field.bytes().all(is_name))
}
