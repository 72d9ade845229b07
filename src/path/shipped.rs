//! What reaches everyone who uses a program: pages and what they load, and packages for telephones.

/// Folders whose files a web server hands out, or a build lays out for one.
const FOLDERS: &[&str] = &["public", "dist", "static", "www", "wwwroot", "htdocs", "public_html", "_next"];
/// What browsers load from there.
const LOADED: &[&str] = &["js", "mjs", "cjs", "css", "html", "htm", "map", "json"];
/// Packages that are handed out.
const PACKAGES: &[&str] = &["apk", "aab", "ipa", "xpi", "crx", "appx", "msix"];

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
}
