//! Whether a credential travels where others can read it: over http, or to whoever answers.
//!
//! Only the bytes around the secret decide: the URL that it stands in, the URL that a header or an option
//! beside it is sent to, and a switch beside it that turns the check of certificates off. Nothing leaves the
//! own machine on the way to a loopback address, and nobody is at names that are reserved for examples.

mod address;
mod reach;
mod switch;
mod target;

use regex::bytes::Regex;

use self::address::Address;
use self::switch::switch;
use self::target::address_of_request;
use crate::rule::{Category, Severity};
use crate::span::Span;

/// How far back the beginning of a URL is looked for, in bytes.
const MAX_URL: usize = 2 * 1024;
/// How many lines before and after a secret are beside it, unless a blank one is between.
const LINES_BESIDE: usize = 5;
/// How many bytes before and after a secret are beside it.
const BYTES_BESIDE: usize = 1024;

/// How a credential is given away on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Weakness {
    /// In words.
    pub how: String,
    /// High where anybody on the way can read along; medium where the way is one's own network or not known,
    /// or an attacker has to step into it.
    pub severity: Severity,
}

/// What is weak about the way of a credential of this category, if anything is.
pub(super) fn weakness(bytes: &[u8], secret: Span, category: Category) -> Option<Weakness> {
    if !is_sent(category) {
        return None;
    }
    if let Some(address) = Address::around(bytes, secret) {
        return address.weakness("in a URL");
    }
    let beside = beside(bytes, secret);
    let sent = address_of_request(bytes, secret, beside).and_then(|address| address.weakness("in a request"));
    sent.or_else(|| {
        let switch = String::from_utf8_lossy(switch(bytes, secret, beside)?.of(bytes));
        let how = format!("to whoever answers: {} switches the check of certificates off", switch.trim());
        Some(Weakness { how, severity: Severity::Medium })
    })
}

/// Whether credentials of a category are sent to somebody; keys stay where they are.
fn is_sent(category: Category) -> bool {
    !matches!(
        category,
        Category::PrivateKey
            | Category::EncryptionKey
            | Category::LicenseKey
            | Category::Wallet
            | Category::Certificate
            | Category::Id
    )
}

/// What stands beside a secret: the lines around it, up to blank ones.
fn beside(bytes: &[u8], secret: Span) -> Span {
    let earliest = secret.start.saturating_sub(BYTES_BESIDE);
    let latest = (secret.end + BYTES_BESIDE).min(bytes.len());
    let is_blank = |line: &[u8]| line.iter().all(u8::is_ascii_whitespace);
    let (mut start, mut end) = (secret.start, secret.end);
    for number in 0..=LINES_BESIDE {
        let before = memchr::memrchr(b'\n', &bytes[earliest..start.max(earliest)]);
        let line = before.map_or(earliest, |at| earliest + at + 1);
        if number > 0 && is_blank(&bytes[line..start]) {
            break;
        }
        start = before.map_or(earliest, |at| earliest + at);
    }
    for number in 0..=LINES_BESIDE {
        let from = if number == 0 { end } else { (end + 1).min(latest) };
        let after = memchr::memchr(b'\n', &bytes[from..latest]).map_or(latest, |at| from + at);
        if number > 0 && is_blank(&bytes[from..after]) {
            break;
        }
        end = after;
    }
    Span::new(start, end)
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("tests use it")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is weak about the way of `s3cret` in a text.
    fn weak(text: &str) -> Option<Severity> {
        let start = text.find("s3cret").expect("the case holds the secret");
        let found = weakness(text.as_bytes(), Span::new(start, start + 6), Category::Password);
        found.map(|weakness| weakness.severity)
    }

    #[test]
    fn what_a_url_holds_is_sent_as_the_url_says() {
        for (text, expected) in [
            ("http://joe:s3cret@api.acme.dev/v1", Some(Severity::High)),
            ("url: HTTP://joe:s3cret@api.acme.dev", Some(Severity::High)),
            ("get('http://api.acme.dev/v1?limit=5&token=s3cret')", Some(Severity::High)),
            (r#"{"url":"http:\/\/api.acme.dev\/?key=s3cret"}"#, Some(Severity::High)),
            ("http://api.acme.dev/bots3cret/send", Some(Severity::High)),
            ("ftp://joe:s3cret@files.acme.dev/", Some(Severity::High)),
            ("http://8.8.8.8/?key=s3cret", Some(Severity::High)),
            ("https://api.acme.dev/?next=http://other.dev/?key=s3cret", Some(Severity::High)),
            ("http_proxy=http://joe:s3cret@proxy:3128", Some(Severity::Medium)),
            ("http://joe:s3cret@10.1.2.3/", Some(Severity::Medium)),
            ("http://joe:s3cret@[fd00::1]:80/", Some(Severity::Medium)),
            ("http://joe:s3cret@${HOST}/", Some(Severity::Medium)),
            ("http://joe:s3cret@db.default.svc.cluster.local/", Some(Severity::Medium)),
            ("https://joe:s3cret@api.acme.dev", None),
            ("postgres://joe:s3cret@db.acme.dev/", None),
            ("http://api.acme.dev/#token=s3cret", None),
            ("see http://api.acme.dev and s3cret", None),
            ("http://joe:s3cret@localhost:8080/", None),
            ("http://joe:s3cret@app.localhost/", None),
            ("http://joe:s3cret@127.0.0.53/", None),
            ("http://joe:s3cret@[::1]:8080/", None),
            ("http://0.0.0.0:80/?key=s3cret", None),
            ("http://host.docker.internal/?key=s3cret", None),
            ("http://joe:s3cret@www.example.com/", None),
            ("http://joe:s3cret@shop.test/", None),
        ] {
            assert_eq!(weak(text), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_that_is_the_url_itself_is_sent_as_it_says() {
        for (scheme, is_weak) in [("http", true), ("https", false)] {
            let text = format!("hook: {scheme}://hooks.acme.dev/T0/abc");
            let found = weakness(text.as_bytes(), Span::new(6, text.len()), Category::WebhookUrl);
            assert_eq!(found.is_some(), is_weak, "{text}");
        }
    }

    #[test]
    fn a_header_goes_where_the_request_goes() {
        for (text, expected) in [
            ("curl -u joe:s3cret http://api.acme.dev/", Some(Severity::High)),
            ("curl http://api.acme.dev/ \\\n  -H 'Authorization: Basic s3cret'", Some(Severity::High)),
            ("get('http://api.acme.dev', auth=('joe', 's3cret'))", Some(Severity::High)),
            ("GET http://api.acme.dev/v1\nAccept: */*\nAuthorization: Bearer s3cret\n", Some(Severity::High)),
            ("curl -u joe:s3cret https://api.acme.dev/", None),
            ("curl -u joe:s3cret http://localhost/", None),
            ("curl http://api.acme.dev\n\ncurl -u joe:s3cret $URL", None),
            ("curl http://api.acme.dev\ncurl -u joe:s3cret https://api.acme.dev/", None),
            ("# see http://docs.acme.dev\npassword = s3cret", None),
            ("# as in (http://docs.acme.dev)\nAuthorization: Bearer s3cret", None),
            ("# see http://docs.acme.dev\nAuthorization: Bearer s3cret\nurl: 'https://api.acme.dev'", None),
            ("auth = 's3cret'\nclaims = {\"http://acme.dev/name\": 1}", None),
            ("Authorization: Bearer s3cret\nurl: 'http://api.acme.dev'", Some(Severity::High)),
            ("curl -X POST \\\n  -d key=s3cret \\\n  http://api.acme.dev/", Some(Severity::High)),
            ("curl -u joe:s3cret -H 'Origin: http://shop.acme.dev' https://api.acme.dev/", None),
            ("curl -u joe:s3cret --proxy http://proxy.acme.dev https://api.acme.dev/", None),
        ] {
            assert_eq!(weak(text), expected, "{text}");
        }
    }

    #[test]
    fn names_of_forms_lead_nowhere() {
        for text in [
            r#"{"$schema":"http://json-schema.org/draft-07/schema#","auth":{"token":"s3cret"}}"#,
            r#"{"schema":"http://forms.acme.dev/v2.1.0/collection.json","auth":{"password":"s3cret"}}"#,
            "<beans xmlns=\"http://www.acme.dev/beans\">\n<p name=\"authorization\" value=\"Bearer s3cret\"/>",
            "<x:beans xmlns:x='http://acme.dev/beans'>\n<p name=\"authorization\" value=\"Bearer s3cret\"/>",
            "xsi:schemaLocation=\"\n  http://www.acme.dev/schema/x\n  http://acme.dev/x.xsd\"\nauth: s3cret",
            "const ns = \"http://acme.dev/svg\";\nfetch('/api', {Authorization: 'Bearer s3cret'})",
            "auth = (\"joe\", \"s3cret\")\nSOAP = \"http://acme.dev/envelope/\"",
            "auth = (\"joe\", \"s3cret\")\nSVG_NS = \"http://acme.dev/envelope/\"",
            "auth = (\"joe\", \"s3cret\")\nsvgNS: \"http://acme.dev/envelope/\"",
            "auth = (\"joe\", \"s3cret\")\nX = \"http://schemas.acme.dev/envelope/\"",
            "auth = (\"joe\", \"s3cret\")\nX = \"http://www.w3.org/2000/svg\"",
        ] {
            assert_eq!(weak(text), None, "{text}");
        }
        for text in [
            "auth = ('joe', 's3cret')\nurl = 'http://acme.dev/schema/7'",
            "schema.registry.url=http://acme.dev\nbasic.auth=joe:s3cret",
            "auth = ('joe', 's3cret')\ndns = 'http://acme.dev/'",
        ] {
            assert_eq!(weak(text), Some(Severity::High), "{text}");
        }
    }

    #[test]
    fn switches_beside_a_secret_send_it_to_whoever_answers() {
        for switch in [
            "verify=False",
            "'verify' => false,",
            "curl -k -u joe:$password https://api.acme.dev",
            "curl -sSLk -H \"x-key: ${password}\" 'https://api.acme.dev/?a=1&b=2' | jq .",
            "curl 'https://api.acme.dev/?a=1&b=2' 2>&1 -d \"k=$password\" -k",
            "curl -u joe:$password \\\n  https://api.acme.dev --insecure ",
            "wget --no-check-certificate --password=%password% https://api.acme.dev",
            "rejectUnauthorized: false",
            "\"rejectUnauthorized\": false",
            "rejectUnauthorized:!1",
            "InsecureSkipVerify: true",
            "insecure_skip_verify = true",
            "insecure-skip-tls-verify: true",
            "NODE_TLS_REJECT_UNAUTHORIZED=0",
            "process.env[\"NODE_TLS_REJECT_UNAUTHORIZED\"] = \"0\"",
            "ENV NODE_TLS_REJECT_UNAUTHORIZED 0",
            "curl_setopt($ch, CURLOPT_SSL_VERIFYPEER, false);",
            "CURLOPT_SSL_VERIFYHOST => 0",
            "curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);",
            "ssl_verify false",
            "ssl_verify_mode :verify_none",
            "validate_certs: no",
            "sslVerify = false",
            "git config http.sslVerify false",
            "GIT_SSL_NO_VERIFY=1",
            "VAULT_SKIP_VERIFY=true",
            "PYTHONHTTPSVERIFY=0",
            "strict-ssl=false",
            "Server=db;TrustServerCertificate=True;",
            ".danger_accept_invalid_certs(true)",
            "tlsAllowInvalidCertificates=true",
            "ctx.verify_mode = ssl.CERT_NONE",
            "http.verify_mode = OpenSSL::SSL::VERIFY_NONE",
            "ssl._create_unverified_context()",
            "allow_unverified_ssl = true",
            "Invoke-RestMethod -SkipCertificateCheck ",
            "ssl.verification_mode: none",
        ] {
            for text in [format!("password = s3cret\n{switch}\n"), format!("x\n{switch}\npassword: s3cret")] {
                assert_eq!(weak(&text), Some(Severity::Medium), "{text}");
            }
        }
    }

    #[test]
    fn addresses_that_are_not_asked_excuse_no_switch() {
        for text in [
            "DB=postgres://localhost/app\nNODE_TLS_REJECT_UNAUTHORIZED=0\npassword: s3cret",
            "A=http://localhost\nrequests.get('https://api.acme.dev', auth=('joe', 's3cret'), verify=False)",
        ] {
            assert_eq!(weak(text), Some(Severity::Medium), "{text}");
        }
    }

    #[test]
    fn checks_that_are_on_and_switches_elsewhere_say_nothing() {
        for text in [
            "verify=True, password='s3cret'",
            "password: s3cret\nrejectUnauthorized: true",
            "password: s3cret\nInsecureSkipVerify: false",
            "password: s3cret\nssl_verify true",
            "password: s3cret\nemail_verify: false",
            "password: s3cret\ncurl -K curlrc https://api.acme.dev",
            "password: s3cret\ncurl --keepalive-time 5 https://api.acme.dev",
            "password: s3cret\n\nverify=False",
            "verify=False\n1\n2\n3\n4\n5\n6\npassword: s3cret",
            "password: s3cret\nno_insecure_things: here",
            "curl -H 'Authorization: Bearer s3cret' https://api.acme.dev | sort -k 2",
            "curl -H 'Authorization: Bearer s3cret' https://api.acme.dev >x && gunzip -k x",
            "curl -H 'Authorization: Bearer s3cret' https://api.acme.dev/$(sort -k 2 x)",
            "curl -H 'Authorization: Bearer s3cret' https://api.acme.dev; sort -k 2 x",
            "curl -u joe:s3cret https://api.acme.dev -XPOKE -dk=1",
            "curl -k -u joe:s3cret https://127.0.0.1:9200",
            "requests.get(\"https://localhost:8443\", auth=('joe', 's3cret'), verify=False)",
            "requests.get(\n  \"https://localhost:8443\",\n  auth=('joe', 's3cret'),\n  verify=False)",
            "password: s3cret\ncurl -k https://api.acme.dev/health",
            "password: s3cret\ncurl -k https://$HOST/health",
            "key = 's3cret'\njwt.decode(token, key(1), options={\"verify\": False})",
            "key = 's3cret'\njwt.decode(\n  token,\n  key,\n  options={'verify': False},\n)",
        ] {
            assert_eq!(weak(text), None, "{text}");
        }
        let far = format!("verify=False {}password: s3cret", " ".repeat(BYTES_BESIDE));
        assert_eq!(weak(&far), None);
        let key = weakness(b"key s3cret verify=False", Span::new(4, 10), Category::PrivateKey);
        assert_eq!(key, None, "nobody is sent a private key");
    }
}
