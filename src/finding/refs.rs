//! The refs that hold a secret: those that people made by name, and as many others as help.
//!
//! Hosts keep a ref for every change that anybody ever proposed, tens of thousands of them, which say
//! little more one by one than together. So branches, tags and the like are all named, of the others the
//! first few, and it is said how many more there are.

/// The largest number of refs of the other kinds that are named.
const NAMED_OTHERS: usize = 16;

/// Below what the refs stand that are always named.
const NAMED: &[&str] = &["refs/heads/", "refs/tags/", "refs/remotes/", "refs/notes/", "refs/stash"];

/// Some refs, of which not all are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefNames {
    /// In the order of their names, each once.
    pub names: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

impl RefNames {
    /// Chooses among refs, given in the order of their names.
    pub fn of<'n>(all: impl Iterator<Item = &'n str>) -> Self {
        let (mut names, mut others) = (Vec::new(), 0);
        for name in all {
            others += usize::from(!is_always_named(name));
            if is_always_named(name) || others <= NAMED_OTHERS {
                names.push(name.to_owned());
            }
        }
        names.dedup();
        Self { names, more: more_than_named(others) }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Whether a ref is named among however many: branches, tags, notes, the stash, and what is no ref by its
/// name, as `HEAD` or a commit that was asked for.
pub fn is_always_named(name: &str) -> bool {
    !name.starts_with("refs/") || NAMED.iter().any(|kind| name.starts_with(kind))
}

/// How many of so many other refs are not named.
pub fn more_than_named(others: usize) -> usize {
    others.saturating_sub(NAMED_OTHERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_and_tags_are_all_named_and_the_others_counted() {
        let mut names: Vec<String> = (100..150).map(|number| format!("refs/heads/{number}")).collect();
        names.extend((100..130).map(|number| format!("refs/pull/{number}/head")));
        names.extend((100..150).map(|number| format!("refs/tags/{number}")));
        let refs = RefNames::of(names.iter().map(String::as_str));
        assert_eq!(refs.names.len(), 50 + NAMED_OTHERS + 50);
        assert_eq!(refs.more, 30 - NAMED_OTHERS);
        assert!(refs.names.contains(&"refs/pull/115/head".to_owned()));
        assert!(!refs.names.contains(&"refs/pull/116/head".to_owned()));
        assert!(refs.names.is_sorted());
    }
}
