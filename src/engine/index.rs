//! The rules sorted by how they are found.

use super::context::{ContextTable, RuleIndex};
use super::freeform::Freeforms;
use super::judge::Promise;
use super::prefilter::{AnchorId, Prefilter};
use super::token::TokenPattern;
use super::window::REACH;
use crate::rule::{Anchor, Category, Detection, Gate, RuleSet};

/// How many letters of a generic keyword are searched for.
const STEM: usize = 4;

/// The rules sorted by how they are found.
pub struct Index {
    /// Finds the places worth looking at.
    pub prefilter: Prefilter,
    /// The literal of each anchor, and the pattern it belongs to.
    pub anchors: Vec<(Anchor, usize)>,
    /// The rule and the pattern of each token rule.
    pub patterns: Vec<(RuleIndex, TokenPattern)>,
    /// Rare anchors of tokens that may be longer than the reach of a window.
    pub far: Vec<AnchorId>,
    /// The context rules that know the form of their value.
    pub context: ContextTable,
    /// The words that promise a secret of no known form, longest first.
    pub generic: Vec<Generic>,
    /// The rules of free form.
    pub freeform: Freeforms,
}

/// A word that promises a secret when a name ends in it.
pub struct Generic {
    /// Letters and digits in lower case, run together.
    pub keyword: Vec<u8>,
    /// The rule.
    pub rule: RuleIndex,
    /// What kind of value it promises.
    pub promise: Promise,
}

impl Index {
    /// Sorts the rules.
    pub fn new(rules: &RuleSet) -> Self {
        let (mut anchors, mut patterns, mut generic) = (Vec::new(), Vec::new(), Vec::new());
        let mut context = ContextTable::default();
        let mut freeform = Freeforms::default();
        for (index, rule) in rules.iter().enumerate() {
            let index = RuleIndex::try_from(index).expect("there are fewer rules than 65,536");
            match &rule.detection {
                Detection::Token { anchors: own, pattern } => {
                    anchors.extend(own.iter().map(|anchor| (anchor.clone(), patterns.len())));
                    patterns.push((index, TokenPattern::new(pattern.clone())));
                }
                Detection::Context { keywords, value, .. } if value.is_empty() => {
                    let promise = match rule.category {
                        Category::Password => Promise::Password,
                        _ if rule.entropy > 0.0 => Promise::Random,
                        _ => Promise::Token,
                    };
                    let letters = |keyword: &str| {
                        keyword
                            .bytes()
                            .filter(u8::is_ascii_alphanumeric)
                            .map(|b| b.to_ascii_lowercase())
                            .collect()
                    };
                    generic.extend(keywords.iter().map(|keyword| Generic {
                        keyword: letters(keyword),
                        rule: index,
                        promise,
                    }));
                }
                Detection::Context { keywords, value, form } => context.add(index, keywords, form, value),
                Detection::Regex(own) => freeform.add(index, own),
                // What others find is told by it, too.
                Detection::Beside(_) => {}
            }
        }
        generic.sort_by_key(|generic: &Generic| std::cmp::Reverse(generic.keyword.len()));
        let stems = stems(&generic);
        let far = |(_, (anchor, _)): &(usize, &(Anchor, usize))| {
            anchor.gate == Gate::Rare && anchor.reach() >= REACH
        };
        Self {
            prefilter: Prefilter::new(
                anchors.iter().map(|(anchor, _)| anchor),
                &stems.iter().map(String::as_str).collect::<Vec<_>>(),
            ),
            far: anchors.iter().enumerate().filter(far).map(|(id, _)| id as AnchorId).collect(),
            anchors,
            patterns,
            context,
            generic,
            freeform,
        }
    }
}

/// Pieces of keywords of which every keyword holds one; names are found by them.
///
/// Few pieces serve nearly all keywords; one that holds none of these is found by its own beginning, and one that is
/// too short to be searched for where it is the last word of several: `db_pw`.
fn stems(generic: &[Generic]) -> Vec<String> {
    const USUAL: &[&str] = &["pass", "pwd", "secr", "toke", "key", "auth", "cred", "dpw", "bpw", "tpw"];
    const SHORTEST: usize = 3;
    let mut stems: Vec<String> = Vec::new();
    for generic in generic {
        let keyword = String::from_utf8_lossy(&generic.keyword);
        let usual = USUAL.iter().find(|stem| keyword.contains(*stem)).map(|stem| (*stem).to_owned());
        let stem = match usual {
            Some(stem) => stem,
            None if keyword.len() < SHORTEST => format!("_{keyword}"),
            None => keyword.chars().take(STEM).collect(),
        };
        if !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    stems
}
