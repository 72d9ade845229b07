//! Whether a credential travels where others can read it: over http, or to whoever answers.
//!
//! Only the bytes around the secret decide: the URL that it stands in, the URL that a header or an option
//! beside it is sent to, and a switch beside it that turns the check of certificates off. Nothing leaves the
//! own machine on the way to a loopback address, and nobody is at names that are reserved for examples.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::Regex;

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
        if !HINTS.is_match(beside.of(bytes)) {
            return None;
        }
        let switch = SWITCHES.captures(beside.of(bytes))?.iter().skip(1).flatten().next()?;
        let switch = String::from_utf8_lossy(switch.as_bytes());
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

/// Where a URL leads.
struct Address<'t> {
    /// In the case in which it is written.
    scheme: &'t [u8],
    /// Without the user and the port.
    host: &'t [u8],
}

impl<'t> Address<'t> {
    /// The address that a secret is sent to as a part of it: of the URL that the secret stands in. What follows a
    /// `#` is not sent.
    fn around(bytes: &'t [u8], secret: Span) -> Option<Self> {
        let earliest = secret.start.saturating_sub(MAX_URL);
        let before = &bytes[earliest..secret.start];
        let start =
            before.iter().rposition(|byte| !is_of_url(*byte)).map_or(earliest, |at| earliest + at + 1);
        let latest = (secret.start + "https:\\/\\/".len()).min(secret.end);
        let colon = last_colon(&bytes[start..secret.start])
            .or_else(|| last_colon(&bytes[start..latest]).filter(|_| start == secret.start))?;
        let address = Self::at(bytes, start, start + colon, secret);
        let is_cut_off = bytes[start + colon..secret.start.max(start + colon)].contains(&b'#');
        address.filter(|_| !is_cut_off)
    }

    /// The address whose scheme ends at `colon` and begins at `start` or later; what is `hidden` in it ends nothing.
    fn at(bytes: &'t [u8], start: usize, colon: usize, hidden: Span) -> Option<Self> {
        let scheme = bytes[start..colon].iter().rposition(|byte| !byte.is_ascii_alphabetic());
        let scheme = &bytes[scheme.map_or(start, |at| start + at + 1)..colon];
        let authority =
            colon + bytes[colon..].iter().take_while(|byte| matches!(byte, b':' | b'/' | b'\\')).count();
        let end_from = |from: usize| {
            let rest = &bytes[from..(from + MAX_URL).min(bytes.len())];
            let ends = |byte: &u8| matches!(byte, b'/' | b'?' | b'#' | b'\\' | b',') || !is_of_url(*byte);
            from + rest.iter().position(ends).unwrap_or(rest.len())
        };
        let mut end = end_from(authority);
        if (authority..=end).contains(&hidden.start) {
            end = end_from(hidden.end.max(authority));
        }
        let host = &bytes[authority..end];
        let host = &host[host.iter().rposition(|byte| *byte == b'@').map_or(0, |at| at + 1)..];
        let host = match host {
            [b'[', v6 @ ..] => &v6[..v6.iter().position(|byte| *byte == b']').unwrap_or(v6.len())],
            _ => &host[..host.iter().position(|byte| *byte == b':').unwrap_or(host.len())],
        };
        (!scheme.is_empty()).then_some(Self { scheme, host })
    }

    fn weakness(&self, place: &str) -> Option<Weakness> {
        let is_clear =
            [b"http".as_slice(), b"ws", b"ftp"].iter().any(|it| it.eq_ignore_ascii_case(self.scheme));
        if !is_clear {
            return None;
        }
        let host = String::from_utf8_lossy(self.host).to_ascii_lowercase();
        let severity = match Reach::of(host.trim_end_matches('.')) {
            Reach::Nobody => return None,
            Reach::OwnNetwork => Severity::Medium,
            Reach::Everybody => Severity::High,
        };
        let scheme = String::from_utf8_lossy(self.scheme).to_ascii_lowercase();
        Some(Weakness { how: format!("in clear: {place} over {scheme}"), severity })
    }
}

/// Whether a byte may stand in a URL as people write them in code and configuration.
fn is_of_url(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !byte.is_ascii_control() && !b"\"'`<>|;".contains(&byte)
}

/// Where the last `://` begins, also as `:\/\/`.
fn last_colon(text: &[u8]) -> Option<usize> {
    let plain = memchr::memmem::rfind(text, b"://");
    plain.max(memchr::memmem::rfind(text, b":\\/\\/"))
}

/// Who may read along on the way to a host.
enum Reach {
    Nobody,
    /// Those in one's own network; or it is not known who, since the name is put in later.
    OwnNetwork,
    Everybody,
}

impl Reach {
    fn of(host: &str) -> Self {
        /// Names that stand for the own machine, or for nothing (RFC 2606).
        const NOWHERE: &[&str] = &[
            "localhost",
            "test",
            "example",
            "invalid",
            "example.com",
            "example.net",
            "example.org",
            "host.docker.internal",
        ];
        /// What names of machines end in that no public server knows.
        const OWN: &[&str] = &["local", "internal", "lan", "corp", "home", "intranet", "localdomain", "svc"];
        let ends_in =
            |name: &&str| host.strip_suffix(*name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        if let Ok(v4) = host.parse::<Ipv4Addr>() {
            return match v4 {
                _ if v4.is_loopback() || v4.is_unspecified() => Self::Nobody,
                _ if v4.is_private() || v4.is_link_local() => Self::OwnNetwork,
                _ => Self::Everybody,
            };
        }
        if let Ok(v6) = host.parse::<Ipv6Addr>() {
            return match v6 {
                _ if v6.is_loopback() || v6.is_unspecified() => Self::Nobody,
                _ if v6.is_unique_local() || v6.is_unicast_link_local() => Self::OwnNetwork,
                _ => Self::Everybody,
            };
        }
        let is_known =
            host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
        match () {
            () if NOWHERE.iter().any(ends_in) => Self::Nobody,
            () if !is_known || OWN.iter().any(ends_in) => Self::OwnNetwork,
            () => Self::Everybody,
        }
    }
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

/// Where a secret is sent that stands in a header or an option of a request: to the address on its line, else to the
/// one before it, else to the one behind it.
fn address_of_request(bytes: &[u8], secret: Span, beside: Span) -> Option<Address<'_>> {
    let line = Span::new(
        beside.start + memchr::memrchr(b'\n', &bytes[beside.start..secret.start]).map_or(0, |at| at + 1),
        secret.end + memchr::memchr(b'\n', &bytes[secret.end..beside.end]).unwrap_or(beside.end - secret.end),
    );
    let mut colons =
        memchr::memmem::find_iter(beside.of(bytes), b"://").map(|at| beside.start + at).peekable();
    // Nearly always there is no address at all.
    if colons.peek().is_none() || !REQUESTS.is_match(&bytes[line.start..secret.start]) {
        return None;
    }
    let targets: Vec<usize> = colons.filter(|colon| is_target(bytes, beside.start, *colon)).collect();
    let own = targets.iter().find(|colon| (line.start..line.end).contains(*colon));
    let before = || targets.iter().rfind(|colon| **colon < secret.start);
    let colon = own.or_else(before).or_else(|| targets.first())?;
    Address::at(bytes, beside.start, *colon, secret)
}

/// Whether the URL whose scheme ends at `colon` is what is asked for, and no link in a text or name of a field.
fn is_target(bytes: &[u8], from: usize, colon: usize) -> bool {
    let scheme = bytes[from..colon].iter().rposition(|byte| !byte.is_ascii_alphabetic());
    let start = scheme.map_or(from, |at| from + at + 1);
    let line = memchr::memrchr(b'\n', &bytes[from..start]).map_or(from, |at| from + at + 1);
    let quote = bytes[line..start].last().copied().filter(|byte| b"\"'`".contains(byte));
    match quote {
        Some(quote) => {
            let rest = &bytes[colon..(colon + MAX_URL).min(bytes.len())];
            let behind = memchr::memchr(quote, rest).and_then(|end| rest.get(end + 1));
            behind != Some(&b':')
        }
        None => ASKS.is_match(&bytes[line..start]),
    }
}

/// What stands before a URL on its line that is asked for: a command, an operator, a method, or nothing.
static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?x-u)
        ^[\ \t]*$ | [=,]$ | :[\ \t]+$
        | \b(?:GET | POST | PUT | PATCH | DELETE | HEAD | OPTIONS)[\ \t]+$
        | \b(?i:curl | wget | invoke-webrequest | invoke-restmethod | iwr | irm)\s"#,
    )
});

/// What stands before a credential on its line that is sent with a request.
static REQUESTS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?ix-u)
        \b(?:authorization | x-api-key | x-auth-token | private-token | set_?basic_?auth | basic_?auth | basicauth)\b
        | \bauth["']?\s*[=:(]
        | \b(?:curl | wget | invoke-webrequest | invoke-restmethod | iwr | irm)\s
        | \s(?:-u | --user | --password | --header | -h)[\s=]"#,
    )
});

/// One of these is part of everything that [`SWITCHES`] matches. To make that ready takes longer than to scan
/// most files, and nearly always none of these is there.
static HINTS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    const PARTS: &[&str] = &[
        "verif",
        "ssl",
        "tls",
        "cert",
        "check",
        "valid",
        "insecure",
        "unauthorized",
        "trust",
        "signed",
        "ignore",
        "curl",
    ];
    let mut search = AhoCorasick::builder();
    search.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::NoncontiguousNFA));
    search.build(PARTS).expect("the parts are few and short")
});

/// What switches the check of certificates off; one group of it takes part and is the switch itself.
static SWITCHES: LazyLock<Regex> = LazyLock::new(|| {
    let operator = r#"["'\]]{0,3}[\ \t]{0,4}(?:=>|:=|[=:,(\ \t])[\ \t]{0,4}["':]{0,2}"#;
    let checks = r"\bverify | \bstrict[_-]?ssl | \breject_?unauthorized | NODE_TLS_REJECT_UNAUTHORIZED
        | \bPYTHONHTTPSVERIFY | SSL_VERIFY(?:PEER|HOST) | verification_mode
        | verify[_-]?(?:ssl|tls|https|certs?|certificates?|peer(?:[_-]?name)?|host(?:name)?)
        | (?:ssl|tls|https|cert(?:ificate)?)[_.-]?(?:verify|verification|check|validation)(?:[_-]?(?:peer|host|mode))?
        | validate[_-]?certs? | check[_-]?(?:hostname|certificates?)";
    let leaves = r"\binsecure(?:[_-]?(?:skip[_-]?(?:tls[_-]?)?verify|tls|ssl))?
        | (?:ssl|tls)[_-]?(?:insecure|(?:no|skip)[_-]?verify)
        | skip[_-]?(?:(?:tls|ssl|cert(?:ificate)?)[_-]?)?(?:verify|verification|validation|check)
        | disable[_-]?(?:ssl|tls|cert(?:ificate)?)[_-]?(?:verify|verification|validation|check)
        | trust[_-]?server[_-]?certificate | trust[_-]?all(?:[_-]?cert(?:ificate)?s)?
        | accept[_-]?invalid[_-]?(?:certs|certificates|hostnames)
        | allow[_-]?(?:unverified|invalid|untrusted|self[_-]?signed)(?:[_-]?(?:ssl|tls|certs?|certificates?|hostnames))?
        | ignore[_-]?(?:ssl|tls|https|cert(?:ificate)?)(?:[_-]?errors?)?";
    regex(&format!(
        r"(?ix-u)
        ( (?:{checks}){operator}(?:false|no|off|none|0l?|!1|n|verify_none|cert_none)\b )
        | ( (?:{leaves}){operator}(?:true|yes|on|1|!0|y)\b )
        | \b( CERT_NONE | (?:SSL_)?VERIFY_NONE | _create_unverified_context | NoopHostnameVerifier
            | DangerousAcceptAnyServerCertificateValidator | ALLOW_ALL_HOSTNAME_VERIFIER | TrustAllStrategy )\b
        | \s( --insecure | --no-check-certificate | --no-verify-ssl | --no-ssl-verify | --insecure-skip-tls-verify
            | --(?:tls-skip|skip-tls|skip-ssl)-verify | --verify[=\ ](?:no|false) | -SkipCertificateCheck )\b
        | \bcurl\b(?:[^\n]|\\\r?\n)*?\s(?-i:( -[A-Za-z]{{0,6}}k[A-Za-z]{{0,6}} ))(?:\s|$)",
    ))
});

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
        ] {
            assert_eq!(weak(text), expected, "{text}");
        }
    }

    #[test]
    fn switches_beside_a_secret_send_it_to_whoever_answers() {
        for switch in [
            "verify=False",
            "'verify' => false,",
            "curl -k https://api.acme.dev",
            "curl -sSLk https://api.acme.dev",
            "curl https://api.acme.dev --insecure ",
            "wget --no-check-certificate https://api.acme.dev",
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
        ] {
            assert_eq!(weak(text), None, "{text}");
        }
        let far = format!("verify=False {}password: s3cret", " ".repeat(BYTES_BESIDE));
        assert_eq!(weak(&far), None);
        let key = weakness(b"key s3cret verify=False", Span::new(4, 10), Category::PrivateKey);
        assert_eq!(key, None, "nobody is sent a private key");
    }
}
