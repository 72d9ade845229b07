//! Names of variables whose values frameworks build into pages: what these begin with.
//!
//! What follows from it is for others: `name` takes no such `public` for a word about the value, and
//! `finding/circumstance.rs` tells secrets that stand under such names.

/// What names of variables begin with whose values frameworks build into pages.
const BUILT_IN: &[&str] = &[
    "NEXT_PUBLIC_", "VITE_", "REACT_APP_", "VUE_APP_", "NUXT_PUBLIC_", "GATSBY_", "EXPO_PUBLIC_",
    "PLASMO_PUBLIC_", "SNOWPACK_PUBLIC_", "NX_PUBLIC_", "PREACT_APP_", "TARO_APP_", "NG_APP_", "STORYBOOK_",
    "PUBLIC_",
];

/// What the name of a variable begins with if frameworks build its value into pages; `before` is the text of
/// its line before the value, or before what is looked at of the value.
pub fn built_in_prefix(before: &[u8]) -> Option<&'static str> {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let names = before.chunk_by(|a, b| is_name(a) == is_name(b));
    let mut end = 0;
    let mut found = None;
    for name in names {
        end += name.len();
        if is_name(&name[0])
            && let Some(prefix) = BUILT_IN.iter().copied().find(|prefix| name.starts_with(prefix.as_bytes()))
            && is_assigned(&before[end..])
        {
            found = Some(prefix);
        }
    }
    found
}

/// Whether what stands between a name and a secret gives the name a value that holds the secret.
fn is_assigned(between: &[u8]) -> bool {
    let is_operator = |b: &u8| b" \t\"'`]):=?|>".contains(b);
    let value = between.iter().position(|b| !is_operator(b)).unwrap_or(between.len());
    let ends = |b: &u8| b.is_ascii_whitespace() || b",;{}\"'`".contains(b);
    value > 0 && !between[value..].iter().any(ends)
}

/// Whether two words that a name begins with are the prefix of a framework that says `public`.
pub(super) fn is_public_prefix(first: &[u8], second: &[u8]) -> bool {
    let is_first = |framework: &str| framework.as_bytes().eq_ignore_ascii_case(first);
    second == b"public" && BUILT_IN.iter().filter_map(|prefix| prefix.strip_suffix("_PUBLIC_")).any(is_first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_built_in() {
        assert_eq!(built_in_prefix(b"export NEXT_PUBLIC_API_SECRET=\""), Some("NEXT_PUBLIC_"));
        assert_eq!(built_in_prefix(b"VITE_TOKEN: "), Some("VITE_"));
        assert_eq!(built_in_prefix(b"ENV VITE_TOKEN "), Some("VITE_"));
        assert_eq!(built_in_prefix(b"VITE_DB=postgres://joe:"), Some("VITE_"));
        assert_eq!(built_in_prefix(b"key = process.env.REACT_APP_KEY || '"), Some("REACT_APP_"));
        assert_eq!(built_in_prefix(b"process.env['REACT_APP_KEY'] = '"), Some("REACT_APP_"));
        assert_eq!(built_in_prefix(b"{NEXT_PUBLIC_URL:\"x\",SECRET:\""), None);
        assert_eq!(built_in_prefix(b"VITE_URL=x SECRET="), None);
        assert_eq!(built_in_prefix(b"INVITE_TOKEN="), None);
        assert_eq!(built_in_prefix(b"  "), None);
    }

    #[test]
    fn a_framework_stands_before_its_public() {
        assert!(is_public_prefix(b"next", b"public") && is_public_prefix(b"nx", b"public"));
        assert!(!is_public_prefix(b"vite", b"public") && !is_public_prefix(b"next", b"private"));
        assert!(!is_public_prefix(b"", b"public"));
    }
}
