//! Tells the kind of a file from its name: whole names first, then prefixes, then the extension.

use super::FileKind;

impl FileKind {
    /// The kind of the file at `path`, whose parts are separated by `/` or `\`.
    pub fn of(path: &str) -> Self {
        let lower = path.to_ascii_lowercase();
        let mut parts = lower.rsplit(['/', '\\']);
        let name = parts.next().unwrap_or_default();
        let kind = of_name(template_free(name));
        let is_catalogue = is_catalogue_format(kind, name)
            && parts.clone().any(|folder| LOCALE_FOLDERS.contains(&folder))
            || is_catalogue_by_suffix(name, parts.clone().next().unwrap_or_default())
            || kind == Self::Code && is_catalogue_program(name, parts);
        if is_catalogue { Self::Translation } else { kind }
    }
}

/// Folders that hold one file of texts per language.
const LOCALE_FOLDERS: &[&str] =
    &["locale", "locales", "lang", "langs", "i18n", "l10n", "translations", "messages"];

/// Whether texts for translation are kept in files of this kind; a program in `lang/` is none.
fn is_catalogue_format(kind: FileKind, name: &str) -> bool {
    matches!(kind, FileKind::Json | FileKind::Yaml | FileKind::Toml | FileKind::Markup)
        || matches!(extension(name), "ini" | "properties" | "tr")
}

/// Whether the folder of a file of Android or the stem of one of Java ends in a language: `values-de/strings.xml`,
/// `CoreMessages_pt_BR.properties`.
fn is_catalogue_by_suffix(name: &str, folder: &str) -> bool {
    const STEMS: &[&str] = &["bundle", "labels", "messages", "plugin", "resources", "strings", "texts"];
    let is_language = |parts: &str| LANGUAGES.contains(&parts.split(['-', '_']).next().unwrap_or_default());
    match extension(name) {
        "xml" => folder.strip_prefix("values-").is_some_and(|parts| {
            // Android's other qualifiers are longer, or have digits.
            let first = parts.split(['-', '+']).next().unwrap_or_default();
            (first.len() == 2 || first == "b") && first.bytes().all(|b| b.is_ascii_lowercase())
        }),
        "properties" => name.split_once('_').is_some_and(|(stem, language)| {
            STEMS.iter().any(|end| stem.ends_with(end))
                && is_language(language.trim_end_matches(".properties"))
        }),
        _ => false,
    }
}

/// Languages by their codes of ISO 639-1, as folders of texts are named; not those that are better known as endings or
/// names of programs, and Czech by its country, too.
const LANGUAGES: &[&str] = &[
    "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bh", "bi",
    "bm", "bn", "bo", "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv", "cy", "cz", "da", "de",
    "dv", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr", "fy", "ga",
    "gd", "gl", "gn", "gu", "gv", "ha", "he", "hi", "ho", "hr", "ht", "hu", "hy", "hz", "ia", "id", "ie",
    "ig", "ii", "ik", "is", "it", "iu", "ja", "jv", "ka", "kg", "ki", "kj", "kk", "kl", "km", "kn", "ko",
    "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln", "lo", "lt", "lu", "lv", "mg", "mh",
    "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my", "na", "nb", "nd", "ne", "ng", "nl", "nn", "no", "nr",
    "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pi", "pl", "ps", "pt", "qu", "rm", "rn", "ro", "ru",
    "rw", "sa", "sc", "sd", "se", "sg", "si", "sk", "sl", "sm", "sn", "so", "sq", "sr", "ss", "st", "su",
    "sv", "sw", "ta", "te", "tg", "th", "ti", "tk", "tl", "tn", "to", "tr", "tt", "tw", "ty", "ug", "uk",
    "ur", "uz", "ve", "vi", "vo", "wa", "wo", "xh", "yi", "yo", "za", "zh", "zu",
];

/// Whether texts for translation are kept in a program, whose name or folder is a language's in such a folder:
/// `lang/da/validation.php`. `folders` begins with the innermost.
fn is_catalogue_program<'a>(name: &'a str, folders: impl Iterator<Item = &'a str>) -> bool {
    let is_language = |name: &str| LANGUAGES.contains(&name.split(['-', '_']).next().unwrap_or_default());
    let mut inner = name.split('.').next().unwrap_or_default();
    matches!(extension(name), "php" | "js" | "ts" | "mjs" | "py" | "rb" | "dart") && { folders }.any(
        |folder| {
            let within = std::mem::replace(&mut inner, folder);
            LOCALE_FOLDERS.contains(&folder) && is_language(within)
        },
    )
}

/// The name without what marks a sample or a template: `settings.yml.erb` is a `settings.yml`.
fn template_free(name: &str) -> &str {
    const MARKS: &[&str] = &[
        "bak", "default", "dist", "ejs", "erb", "example", "gotmpl", "in", "j2", "jinja", "jinja2", "old",
        "orig", "sample", "save", "template", "tmpl", "tpl",
    ];
    let mut bare = name.trim_end_matches('~');
    while let Some((stem, last)) = bare.rsplit_once('.')
        && MARKS.contains(&last)
        && !extension(stem).is_empty()
    {
        bare = stem;
    }
    bare
}

/// What follows the last dot; a name that begins with its only dot has no extension.
fn extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension,
        _ => "",
    }
}

fn of_name(name: &str) -> FileKind {
    if let Some(kind) = of_whole_name(name).or_else(|| of_prefix(name)) {
        return kind;
    }
    let (stem, last) = name.rsplit_once('.').unwrap_or((name, ""));
    if stem.is_empty() {
        // A dot file that no list knows: nearly all are settings of a tool.
        return if last.is_empty() { FileKind::Unknown } else { FileKind::Config };
    }
    if stem.ends_with(".min") || stem.ends_with(".bundle") || stem.ends_with("-lock") {
        return FileKind::Generated;
    }
    of_extension(last)
}

#[rustfmt::skip]
fn of_whole_name(name: &str) -> Option<FileKind> {
    Some(match name {
        ".npmrc" | ".yarnrc" | ".pypirc" | ".netrc" | "_netrc" | ".pgpass" | ".my.cnf" | ".s3cfg" | ".boto"
        | ".gitconfig" | ".gitmodules" | ".editorconfig" | ".curlrc" | ".wgetrc" | ".htpasswd" | ".htaccess"
        | ".dockercfg" | ".envrc" | ".flaskenv" | ".git-credentials" | ".gemrc" | ".condarc" | ".terraformrc"
        | "credentials" | "config" | "environment" | "dockerfile" | "containerfile" | "procfile" | "hosts"
        | "passwd" | "shadow" | "secrets" | "pip.conf" | "nginx.conf" | "redis.conf" => FileKind::Config,
        ".yamllint" | ".clang-format" | ".clang-tidy" | "pipfile.yaml" => FileKind::Yaml,
        ".babelrc" | ".eslintrc" | ".prettierrc" | ".jshintrc" | ".bowerrc" | ".swcrc" | "composer.json"
        | ".docker/config.json" => FileKind::Json,
        "pipfile" | "cargo.toml" | "pyproject.toml" => FileKind::Toml,
        ".bashrc" | ".bash_profile" | ".bash_history" | ".bash_aliases" | ".zshrc" | ".zshenv" | ".zprofile"
        | ".zsh_history" | ".profile" | ".login" | ".cshrc" | ".kshrc" | ".history" | ".sh_history"
        | "pkgbuild" | "apkbuild" | "configure" => FileKind::Shell,
        "makefile" | "gnumakefile" | "jenkinsfile" | "vagrantfile" | "gemfile" | "rakefile" | "podfile"
        | "fastfile" | "appfile" | "matchfile" | "brewfile" | "guardfile" | "justfile" | "caddyfile"
        | "snakefile" | "tiltfile" | "build" | "workspace" | "sconstruct" | "dangerfile" | ".pryrc" | ".irbrc"
        | ".vimrc" | ".emacs" => FileKind::Code,
        "readme" | "changelog" | "changes" | "copying" | "license" | "licence" | "authors" | "contributors"
        | "notice" | "news" | "todo" | "install" | "history" | "thanks" | "faq" => FileKind::Prose,
        "package-lock.json" | "npm-shrinkwrap.json" | "yarn.lock" | "pnpm-lock.yaml" | "bun.lockb" | "bun.lock"
        | "go.sum" | "go.work.sum" | "gopkg.lock" | "cargo.lock" | "poetry.lock" | "pdm.lock" | "uv.lock"
        | "composer.lock" | "gemfile.lock" | "podfile.lock" | "pipfile.lock" | "mix.lock" | "pubspec.lock"
        | "packages.lock.json" | "paket.lock" | "flake.lock" | "gradle.lockfile" | "chart.lock" | "deno.lock"
        | ".terraform.lock.hcl" | "cartfile.resolved" | "package.resolved" | "verification-metadata.xml"
        | "module.bazel.lock" | "conda-lock.yml" | "sha256sums" | "sha512sums" | "sha1sums" | "md5sums"
        | "checksums" | "checksums.txt" | "elm-stuff" | ".package-lock.json" | ".cargo-checksum.json"
        | "known_hosts" | "authorized_keys" | ".git-blame-ignore-revs" | ".secrets.baseline" | ".stanch-baseline.toml" => FileKind::Generated,
        _ => return None,
    })
}

/// Names with a part of the user's own: `.env.production`, `Dockerfile.api`, `docker-compose.prod.yml`.
fn of_prefix(name: &str) -> Option<FileKind> {
    let has = |stem: &str| {
        name.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    };
    if has(".env") || has("env") && extension(name).is_empty() || has("dockerfile") || has("containerfile") {
        return Some(FileKind::Config);
    }
    if name.ends_with(".env") || name.ends_with(".dockerfile") {
        return Some(FileKind::Config);
    }
    if has(".eslintrc") || has(".prettierrc") || has(".babelrc") {
        return Some(of_extension(extension(name))).filter(|kind| *kind != FileKind::Unknown);
    }
    let readme = has("readme") || has("changelog") || has("license") || has("licence") || has("copying");
    (readme && !matches!(of_extension(extension(name)), FileKind::Code | FileKind::Shell))
        .then_some(FileKind::Prose)
}

#[rustfmt::skip]
fn of_extension(extension: &str) -> FileKind {
    match extension {
        "env" | "properties" | "ini" | "cfg" | "conf" | "cnf" | "rc" | "inf" | "reg" | "desktop"
        | "service" | "socket" | "timer" | "mount" | "netdev" | "network" | "envrc" | "credentials" | "secrets"
        | "secret" | "settings" | "prefs" | "tfbackend" | "cnx" | "ovpn" | "rdp" | "url" | "editorconfig"
        | "pypirc" | "npmrc" | "netrc" | "htpasswd" | "kdc" | "dsn" | "udl" | "pgpass"
        | "spec" | "pc" | "repo" | "list" | "cf" => FileKind::Config,
        "yml" | "yaml" | "eyaml" | "sls" | "cff" | "raml" | "clang-format" | "kubeconfig" => FileKind::Yaml,
        "json" | "json5" | "jsonc" | "jsonl" | "ndjson" | "ipynb" | "har" | "geojson" | "jsonld" | "webmanifest"
        | "avsc" | "tfstate" | "code-workspace" | "postman_collection" | "postman_environment"
        | "arb" | "topojson" | "hjson" | "bowerrc" => FileKind::Json,
        "toml" | "tf" | "hcl" | "tfvars" | "nomad" | "pkr" | "sentinel" => FileKind::Toml,
        "xml" | "html" | "htm" | "xhtml" | "config" | "plist" | "csproj" | "vbproj" | "fsproj" | "vcxproj"
        | "props" | "targets" | "pubxml" | "publishsettings" | "nuspec" | "resx" | "xaml" | "axml" | "storyboard"
        | "xib" | "svg" | "wsdl" | "xsd" | "xsl" | "xslt" | "jsp" | "jspx" | "asp" | "aspx" | "ascx" | "cshtml"
        | "vbhtml" | "razor" | "jelly" | "iml" | "ipr" | "iws" | "pom" | "rss" | "atom" | "mobileconfig"
        | "entitlements" | "opml" | "tld" | "gpx" | "kml" | "sgml" | "dtd" | "wxs" | "ui" | "xcworkspacedata"
        | "xcscheme" | "jmx" | "jnlp" | "soap" | "hbs" | "handlebars" | "mustache" | "twig" | "liquid" | "haml"
        | "slim" | "pug" | "jade" | "njk" => FileKind::Markup,
        "sh" | "bash" | "zsh" | "ksh" | "csh" | "tcsh" | "fish" | "ash" | "bat" | "cmd" | "ps1" | "psm1" | "psd1"
        | "nu" | "command" | "ebuild" | "eclass" | "bats" | "expect" | "postinst" | "prerm" | "http" | "rest" => FileKind::Shell,
        "rs" | "c" | "h" | "cc" | "cpp" | "cxx" | "c++" | "hh" | "hpp" | "hxx" | "inl" | "ipp" | "m" | "mm" | "go"
        | "java" | "kt" | "kts" | "scala" | "sc" | "sbt" | "groovy" | "gradle" | "gvy" | "clj" | "cljs" | "cljc"
        | "edn" | "cs" | "csx" | "vb" | "fs" | "fsx" | "fsi" | "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts"
        | "cts" | "vue" | "svelte" | "astro" | "es6" | "coffee" | "dart" | "swift" | "py" | "pyw" | "pyi" | "pyx"
        | "pxd" | "rb" | "rbw" | "rake" | "gemspec" | "ru" | "podspec" | "php" | "php3" | "php4" | "php5" | "phtml"
        | "inc" | "module" | "pl" | "pm" | "t" | "raku" | "lua" | "luau" | "r" | "rmd" | "jl" | "ex" | "exs" | "eex"
        | "heex" | "leex" | "erl" | "hrl" | "elm" | "hs" | "lhs" | "ml" | "mli" | "re" | "rei" | "nim" | "nims"
        | "zig" | "v" | "vh" | "sv" | "vhd" | "vhdl" | "d" | "pas" | "pp" | "dpr" | "lpr" | "adb" | "ads" | "f"
        | "f77" | "f90" | "f95" | "f03" | "for" | "cob" | "cbl" | "asm" | "s" | "nasm" | "lisp" | "lsp" | "el"
        | "scm" | "ss" | "rkt" | "sql" | "psql" | "pgsql" | "plsql" | "pls" | "tsql" | "ddl" | "dml" | "hql"
        | "cql" | "graphql" | "gql" | "proto" | "thrift" | "sol" | "vy" | "move" | "cairo" | "bicep" | "rego"
        | "cue" | "jsonnet" | "libsonnet" | "dhall" | "nix" | "bzl" | "bazel" | "star" | "cmake" | "mk" | "mak"
        | "ninja" | "qml" | "qs" | "gd" | "gdscript" | "shader" | "hlsl" | "glsl" | "wgsl" | "cu" | "cuh" | "cl"
        | "wat" | "wast" | "tcl" | "awk" | "sed" | "vim" | "applescript" | "scpt" | "ahk" | "au3" | "vbs" | "bas"
        | "cls" | "frm" | "abap" | "apex" | "trigger" | "ino" | "pde" | "css" | "scss" | "sass" | "less" | "styl"
        | "hx" | "as" | "mxml" | "cr" | "idr" | "agda" | "lean" | "purs" | "stan" | "do" | "ado" | "sas" | "mo"
        | "cfm" | "cfc" | "ftl" | "vm" | "feature" | "robot" | "tmac" | "def" => FileKind::Code,
        "md" | "markdown" | "mdx" | "mdown" | "mkd" | "rst" | "txt" | "text" | "adoc" | "asciidoc"
        | "org" | "tex" | "latex" | "ltx" | "bib" | "textile" | "wiki" | "mediawiki" | "creole" | "pod" | "rdoc"
        | "rtf" | "typ" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "man" | "roff" | "texi" | "texinfo"
        | "qmd" | "eml" | "mbox" | "mail" | "srt" | "vtt" | "nfo" => FileKind::Prose,
        "po" | "pot" | "xlf" | "xliff" | "strings" | "stringsdict" | "xcstrings" | "lang" | "lproj"
        | "resw" | "tmx" | "qm" => FileKind::Translation,
        "lock" | "lockfile" | "sum" | "map" | "crt" | "cer" | "cert" | "csr" | "crl" | "sha1" | "sha224" | "sha256"
        | "sha384" | "sha512" | "md5" | "sig" | "minisig" | "snap" | "sri" | "tsbuildinfo" | "pbxproj" | "lcov"
        | "gcov" | "sfv" | "torrent" | "gpg" | "pgp" | "spdx" | "cdx" | "ics" | "pdb" | "fasta" | "fa" | "fastq"
        | "obj" | "stl" | "ply" | "woff" | "woff2" | "ttf" | "eot" | "wasm" | "lockb" => FileKind::Generated,
        "log" | "out" | "err" | "trace" | "syslog" | "audit" | "journal" => FileKind::Log,
        _ => FileKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_from_names_and_extensions() {
        use FileKind::*;
        let cases = [
            ("a/.env.production", Config),
            ("api.env", Config),
            (".env.example", Config),
            ("Dockerfile.dev", Config),
            ("docker-compose.prod.yml", Yaml),
            ("deploy/values.yaml.j2", Yaml),
            ("web\\appsettings.Production.json", Json),
            ("infra/main.tf", Toml),
            ("app/Web.config", Markup),
            ("~/.npmrc", Config),
            ("scripts/run.PS1", Shell),
            ("src/main.rs", Code),
            ("README", Prose),
            ("README.md", Prose),
            ("license.rs", Code),
            ("locales/de.json", Translation),
            ("i18n/messages_fr.properties", Translation),
            ("src/lang/parser.py", Code),
            ("resources/lang/pt-BR/auth.php", Translation),
            ("locales/de.js", Translation),
            ("resources/lang/mi-NZ/auth.php", Translation),
            ("lang/ts/main.ts", Code),
            ("conf/locale/locale_fi-FI.ini", Translation),
            ("conf/app.ini", Config),
            ("lang/go/main.go", Code),
            ("lang/js/main.js", Code),
            ("de.po", Translation),
            ("res/values-pt-rBR/strings.xml", Translation),
            ("res/values-br/strings.xml", Translation),
            ("res/values-b+sr+Latn/strings.xml", Translation),
            ("res/values/keys.xml", Markup),
            ("res/values-v21/keys.xml", Markup),
            ("src/CoreMessages_pt_BR.properties", Translation),
            ("src/application_it.properties", Config),
            ("locale/a.de.tr", Translation),
            ("yarn.lock", Generated),
            ("dist/app.min.js", Generated),
            ("pnpm-lock.yaml", Generated),
            ("server.log", Log),
            ("-", Unknown),
            ("", Unknown),
            ("bin/tool", Unknown),
            (".sometoolrc", Config),
        ];
        for (path, kind) in cases {
            assert_eq!(FileKind::of(path), kind, "{path}");
        }
    }
}
