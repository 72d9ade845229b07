//! Which of the URLs beside a secret are asked for, and which one it is sent to.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::address::{Address, is_of_url};
use super::{MAX_URL, regex};
use crate::span::Span;

/// The addresses beside a secret that are asked for, which line is meant first.
pub(super) fn addresses<'t>(
    bytes: &'t [u8],
    hidden: Span,
    beside: Span,
) -> impl Iterator<Item = (usize, Address<'t>)> {
    let colons = memchr::memmem::find_iter(beside.of(bytes), b"://").map(move |at| beside.start + at);
    let targets = colons.filter(move |colon| is_target(bytes, beside.start, *colon));
    targets.filter_map(move |colon| Some((colon, Address::at(bytes, beside.start, colon, hidden)?)))
}

/// Where a secret is sent that stands in a header or an option of a request: to the address on its line, else to the
/// one before it, else to the one behind it.
pub(super) fn address_of_request(bytes: &[u8], secret: Span, beside: Span) -> Option<Address<'_>> {
    // Nearly always there is no address at all.
    memchr::memmem::find(beside.of(bytes), b"://")?;
    let line = logical_line(bytes, beside, secret);
    if !REQUESTS.is_match(&bytes[line.start..secret.start]) {
        return None;
    }
    let mut targets: Vec<_> = addresses(bytes, secret, beside).collect();
    let own = targets.iter().position(|(colon, _)| (line.start..line.end).contains(colon));
    let before = || targets.iter().rposition(|(colon, _)| *colon < line.start);
    let chosen = own.or_else(before).or_else(|| (!targets.is_empty()).then_some(0))?;
    Some(targets.swap_remove(chosen).1)
}

/// The line that `within` stands on, with those that a `\\` at their ends joins to it, as far as they are beside.
pub(super) fn logical_line(bytes: &[u8], beside: Span, within: Span) -> Span {
    let is_joined = |end: usize| {
        let before = &bytes[beside.start..end];
        before.strip_suffix(b"\r").unwrap_or(before).ends_with(b"\\")
    };
    let mut ends =
        memchr::memrchr_iter(b'\n', &bytes[beside.start..within.start]).map(|at| beside.start + at);
    let start = ends.find(|end| !is_joined(*end)).map_or(beside.start, |end| end + 1);
    let mut ends = memchr::memchr_iter(b'\n', &bytes[within.end..beside.end]).map(|at| within.end + at);
    let end = ends.find(|end| !is_joined(*end)).unwrap_or(beside.end);
    Span::new(start, end)
}

/// Whether the URL whose scheme ends at `colon` is what is asked for, and no link in a text, name of a field, or name
/// of a form.
fn is_target(bytes: &[u8], from: usize, colon: usize) -> bool {
    let scheme = bytes[from..colon].iter().rposition(|byte| !byte.is_ascii_alphabetic());
    let start = scheme.map_or(from, |at| from + at + 1);
    let line = memchr::memrchr(b'\n', &bytes[from..start]).map_or(from, |at| from + at + 1);
    if NAMED.is_match(&bytes[line..start]) || is_name_of_form(bytes, from, colon) {
        return false;
    }
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

/// Whether the URL whose scheme ends at `colon` names a form of documents (of XML, a schema) and leads nowhere.
fn is_name_of_form(bytes: &[u8], from: usize, colon: usize) -> bool {
    /// What hosts begin with that hold nothing but such names.
    const HOSTS: &[&[u8]] =
        &[b"schema.", b"schemas.", b"json-schema.", b"xmlns.", b"ns.", b"purl.", b"www.w3.", b"w3."];
    const ENDS: &[&[u8]] = &[b".xsd", b".dtd", b".wsdl"];
    let Some(address) = Address::at(bytes, from, colon, Span::new(0, 0)) else { return false };
    let url = &bytes[colon..(colon + MAX_URL).min(bytes.len())];
    let url = &url[..url.iter().position(|byte| !is_of_url(*byte)).unwrap_or(url.len())];
    let host = address.host.to_ascii_lowercase();
    HOSTS.iter().any(|start| host.starts_with(start))
        || ENDS.iter().any(|end| url.ends_with(end))
        || memchr::memmem::find(url, b"/schema/").is_some() && host.starts_with(b"www.")
}

/// What stands before a URL on its line that is a name, or an address of which the server or a reader is told, but
/// nothing is sent to.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r#"(?ix-u)
        (?: xmlns(?::[\w.-]+)? | namespace(?:s|[_-]?ur[il])? | soap(?:[_-]?(?:ns|env|envelope|action))?
          | schema(?:[_-]?(?:location|ur[il]|version|id))? | (?:\b|_) (?:ns(?:_\w+)? | xmlns_\w+) | (?-i:[a-z]N[sS])
          | \$id | @context | @vocab | \b(?:iss|aud|issuer|audience|realm|license|homepage|referer|referrer|origin) )
        ["'\]]{0,3}[\ \t]*(?:=>|:=|[=:,(>])[\ \t]*["'`{]?$
        | \s(?:-x|-e|--proxy|--referer)[=\ ]["']?$"#,
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
