//! The files that should not be tracked, and those that should be ignored: by their names, and some by what they hold.

use crate::path;

/// A kind of file that should not be tracked.
pub(super) struct Private {
    /// Whether a file is one, by its path and its name in lower case.
    pub is_named: fn(&str, &str) -> bool,
    /// What it must hold to be one; `None` when its name says enough.
    pub holds: Option<fn(&str) -> bool>,
    pub message: &'static str,
}

pub(super) const PRIVATE: &[Private] = &[
    Private {
        is_named: |_, name| is_settings(name),
        holds: Some(|text| text.lines().any(is_set)),
        message: "settings of one machine are tracked; keep an example in its place, and ignore it",
    },
    Private {
        is_named: |path, name| {
            let is_key = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].contains(&name);
            (is_key || has_extension(name, &["pem", "key", "ppk"])) && !is_for_tests(path)
        },
        holds: Some(|text| text.contains("PRIVATE KEY-----") || text.starts_with("PuTTY-User-Key-File")),
        message: "a private key is tracked; make a new one and keep it elsewhere",
    },
    Private {
        is_named: |path, name| {
            has_extension(name, &["jks", "keystore", "p12", "pfx", "bks", "jceks", "kdbx"])
                && name != "debug.keystore"
                && !is_for_tests(path)
        },
        holds: None,
        message: "a store of keys is tracked; its password is all that protects it",
    },
    Private {
        is_named: |_, name| [".npmrc", ".yarnrc", ".pypirc", ".netrc", "_netrc"].contains(&name),
        holds: Some(has_login),
        message: "a login of a package registry or host is tracked; read it from the environment",
    },
    Private {
        is_named: |_, name| [".git-credentials", ".pgpass"].contains(&name),
        holds: None,
        message: "a file of saved passwords is tracked",
    },
    Private {
        is_named: |_, name| is_state(name),
        holds: None,
        message: "a state of Terraform is tracked; it holds every secret in clear: use a remote backend",
    },
    Private {
        is_named: |path, name| {
            name == "kubeconfig" || has_extension(name, &["kubeconfig"]) || path.ends_with(".kube/config")
        },
        holds: Some(|text| {
            ["client-key-data:", "token:", "password:"].iter().any(|word| text.contains(word))
        }),
        message: "the login of a cluster is tracked; each user should have their own",
    },
];

/// Files of a kind that is tracked, beside which another is written that is to be ignored.
pub(super) struct Beside {
    pub is_named: fn(&str) -> bool,
    pub name: &'static str,
    pub message: &'static str,
}

pub(super) const BESIDE: &[Beside] = &[
    Beside {
        is_named: |name| is_example(name).is_some_and(|name| name == ".env"),
        name: ".env",
        message: "there is an example of it and it is not ignored: add `.env` to .gitignore",
    },
    Beside {
        is_named: |name| has_extension(name, &["tf"]),
        name: "terraform.tfstate",
        message: "Terraform writes it here and it is not ignored: add `*.tfstate*` to .gitignore",
    },
];

fn has_extension(name: &str, extensions: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, extension)| !stem.is_empty() && extensions.contains(&extension))
}

fn is_for_tests(path: &str) -> bool {
    let words = ["test", "tests", "testdata", "fixtures", "examples", "example", "spec", "mock", "mocks"];
    path::environment(path) == Some("test") || path.split('/').any(|part| words.contains(&part))
}

/// The file that one is an example of.
fn is_example(name: &str) -> Option<&str> {
    [".example", ".sample", ".template", ".dist", ".tpl"].iter().find_map(|end| name.strip_suffix(end))
}

/// Whether a name is that of settings that frameworks tell people not to commit.
fn is_settings(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(".env") else { return false };
    is_example(name).is_none()
        && (["", ".local", ".prod", ".production", ".staging"].contains(&rest)
            || rest.starts_with('.') && rest.ends_with(".local"))
}

/// Whether a line gives a name a value.
fn is_set(line: &str) -> bool {
    let line = line.trim();
    !line.starts_with('#') && line.split_once('=').is_some_and(|(_, value)| !value.trim().is_empty())
}

fn has_login(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim().to_ascii_lowercase();
        let after = |word: &str| {
            line.split_once(word).map(|(_, value)| value.trim_start_matches([' ', '=', ':', '"']))
        };
        let values = ["_authtoken", "_auth", "_password", "npmauthtoken", "password"]
            .iter()
            .find_map(|word| after(word));
        !line.starts_with(['#', ';'])
            && values.is_some_and(|value| !value.is_empty() && !value.starts_with('$'))
    })
}

fn is_state(name: &str) -> bool {
    name.ends_with(".tfstate") || name.contains(".tfstate.") && name.ends_with(".backup")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_settings_from_their_examples() {
        for name in [".env", ".env.local", ".env.production", ".env.test.local"] {
            assert!(is_settings(name), "{name}");
        }
        for name in [".env.example", ".env.test", ".environment", "env", ".env.production.dist"] {
            assert!(!is_settings(name), "{name}");
        }
        assert!(is_state("terraform.tfstate") && is_state("x.tfstate.1700000000.backup"));
        assert!(!is_state("tfstate.md") && !is_set("# A=1") && !is_set("A=") && is_set("A=1"));
    }

    #[test]
    fn a_login_is_a_value_and_no_reference() {
        assert!(has_login("//registry.example.com/:_authToken=abc"));
        assert!(has_login("[server]\npassword: abc"));
        assert!(!has_login("//registry.example.com/:_authToken=${TOKEN}\n# _password=abc"));
        assert!(!has_login("registry=https://registry.example.com/"));
    }
}
