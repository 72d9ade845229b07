//! Which environment a file belongs to, told from its path: `.env.production`, `config/staging.yml`.

use super::FileKind;

/// The environment that the file at `path` belongs to, if its name or one of its folders tells.
///
/// The file's name wins over folders, and a near folder over a far one. In programs only a whole name
/// counts (`settings/production.py`, not `dev_server.py`): a word in a module's name says nothing.
pub fn environment(path: &str) -> Option<&'static str> {
    let lower = path.to_ascii_lowercase();
    let mut parts = lower.rsplit(['/', '\\']);
    let name = parts.next().unwrap_or_default();
    let of_file = if matches!(FileKind::of(path), FileKind::Code | FileKind::Prose | FileKind::Generated) {
        of_word(name.split_once('.').map_or(name, |(stem, _)| stem))
    } else {
        name.rsplit(|c: char| !c.is_ascii_alphanumeric()).find_map(of_word)
    };
    of_file.or_else(|| parts.find_map(of_word))
}

fn of_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "production" | "prod" | "prd" => "production",
        "staging" | "stage" | "stg" | "preprod" | "preproduction" | "uat" => "staging",
        "development" | "develop" | "dev" | "local" => "development",
        "test" | "testing" | "qa" | "ci" | "sandbox" => "test",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::environment;

    #[test]
    fn names_win_over_folders_and_words_of_programs_do_not_count() {
        let cases = [
            (".env.production", Some("production")),
            ("config/staging.yml", Some("staging")),
            ("deploy/dev/app.properties", Some("development")),
            ("prod/config/values-test.yaml", Some("test")),
            ("appsettings.Development.json", Some("development")),
            ("settings/production.py", Some("production")),
            ("src/dev_server.py", None),
            ("src/live/view.ex", None),
            (".env", None),
            ("tests/run.rs", None),
        ];
        for (path, expected) in cases {
            assert_eq!(environment(path), expected, "{path}");
        }
    }
}
