//! What reaches everyone who uses a program: pages and what they load, and packages for telephones.

/// Folders whose files a web server hands out, or a build lays out for one.
const FOLDERS: &[&str] = &["public", "dist", "static", "www", "wwwroot", "htdocs", "public_html", "_next"];
/// What browsers load from there.
const LOADED: &[&str] = &["js", "mjs", "cjs", "css", "html", "htm", "map", "json"];
/// Packages that are handed out.
const PACKAGES: &[&str] = &["apk", "aab", "ipa", "xpi", "crx", "appx", "msix"];
/// What names of variables begin with whose values frameworks build into pages.
const BUILT_IN: &[&str] = &[
    "NEXT_PUBLIC_",
    "VITE_",
    "REACT_APP_",
    "VUE_APP_",
    "NUXT_PUBLIC_",
    "GATSBY_",
    "EXPO_PUBLIC_",
    "PLASMO_PUBLIC_",
    "SNOWPACK_PUBLIC_",
    "NX_PUBLIC_",
    "PREACT_APP_",
    "TARO_APP_",
    "NG_APP_",
    "STORYBOOK_",
    "PUBLIC_",
];

/// Whether the file at `path`, as reports show it, is shipped to those who use the program. Members of a
/// source map and of a package are what these are.
pub fn is_shipped(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let in_container = lower.split('!').rev().skip(1).any(|container| {
        let extension = container.rsplit_once('.').map_or("", |(_, extension)| extension);
        extension == "map" || PACKAGES.contains(&extension)
    });
    if in_container {
        return true;
    }
    let own = lower.rsplit('!').next().unwrap_or_default();
    let (folders, name) = own.rsplit_once('/').unwrap_or(("", own));
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    matches!(extension, "js" | "mjs" | "css")
        && [".min", ".bundle", ".chunk"].iter().any(|end| stem.ends_with(end))
        || LOADED.contains(&extension) && folders.split('/').any(|folder| FOLDERS.contains(&folder))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_load_is_shipped_and_what_builds_it_is_not() {
        for (path, shipped) in [
            ("web/app.min.js", true),
            ("web/vendor.chunk.js", true),
            ("dist/assets/index-1a2b.js", true),
            (".next/static/chunks/1.js", true),
            ("_next/static/chunks/1.js", true),
            ("public/index.html", true),
            ("bundle.js.map!src/app.ts", true),
            ("app.apk!assets/config.json", true),
            ("app.jar!application.yml", false),
            ("src/app.ts", false),
            ("public/deploy.sh", false),
            ("docs/index.html", false),
        ] {
            assert_eq!(is_shipped(path), shipped, "{path}");
        }
    }

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
}
